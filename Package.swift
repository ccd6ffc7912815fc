// swift-tools-version: 6.2
import PackageDescription

// The dependency arrows form a tree (Docs/architecture.md): a module may use only what is listed for it here.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
// The functions of SQLite itself, which GRDB calls.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "losnap",
    products: [
        .executable(name: "losnap", targets: ["losnap"]),
        .executable(name: "loclone", targets: ["loclone"]),
        .library(name: "CloneCore", targets: ["CloneCore"]),
        .library(name: "Policy", targets: ["Policy"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        .target(name: "CQueues", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CLinux", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CloneCore", dependencies: ["CLinux", system], swiftSettings: strict),
        .target(name: "Policy", swiftSettings: strict),
        .target(name: "Configuration", dependencies: ["CloneCore", "Policy", system, yams], swiftSettings: strict),
        .target(name: "Snapshots", dependencies: ["CQueues", "CloneCore", "Policy", system, grdb, sqlite], swiftSettings: strict),
        .target(
            name: "Automation", dependencies: ["CloneCore", "Configuration", "Policy", "Snapshots", system], swiftSettings: strict),
        .executableTarget(
            name: "losnap", dependencies: ["Automation", "CloneCore", "Configuration", "Policy", "Snapshots", system, arguments],
            swiftSettings: strict),
        .executableTarget(name: "loclone", dependencies: ["CloneCore", system, arguments], swiftSettings: strict),

        .target(name: "TestSupport", dependencies: ["CloneCore", system, subprocess], path: "Tests/TestSupport", swiftSettings: strict),
        .executableTarget(
            name: "freezeprobe", dependencies: ["CloneCore", system], path: "Tests/FreezeProbe", swiftSettings: strict),
        .executableTarget(name: "calltracer", path: "Tests/CallTracer", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(name: "storm", path: "Tests/Storm", swiftSettings: strict),
        .executableTarget(name: "flipper", path: "Tests/Flipper", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "fuzzer", dependencies: ["CloneCore", "Configuration", "Policy", "Snapshots", system], path: "Tests/Fuzz",
            exclude: ["Corpus"], swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["fuzzer", "TestSupport", system], swiftSettings: strict),
        .testTarget(name: "PolicyTests", dependencies: ["Policy", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "CloneCore", "Policy", "TestSupport", system],
            exclude: ["invalid"], swiftSettings: strict),
        .testTarget(name: "CloneCoreTests", dependencies: ["CloneCore", "CLinux", "TestSupport", system], swiftSettings: strict),
        .testTarget(
            name: "SnapshotsTests", dependencies: ["Snapshots", "CloneCore", "TestSupport", system, grdb, sqlite], swiftSettings: strict),
        .testTarget(
            name: "AutomationTests",
            dependencies: ["Automation", "Snapshots", "Configuration", "Policy", "CloneCore", "TestSupport", system], swiftSettings: strict),
        .testTarget(
            name: "LosnapTests",
            dependencies: ["losnap", "Automation", "Snapshots", "Configuration", "Policy", "CloneCore", "TestSupport", system],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "KernelTests",
            dependencies: ["losnap", "loclone", "freezeprobe", "calltracer", "flipper", "storm", "CloneCore", "TestSupport", system],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
