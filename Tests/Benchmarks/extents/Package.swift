// swift-tools-version: 6.2
// How long reading an extent map takes. Run by Tests/Benchmarks/extents/run.
import PackageDescription

let package = Package(
    name: "extent-benchmark",
    dependencies: [.package(name: "losnap", path: "../../..")],
    targets: [
        .executableTarget(
            name: "extent-benchmark", dependencies: [.product(name: "CloneCore", package: "losnap")],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
