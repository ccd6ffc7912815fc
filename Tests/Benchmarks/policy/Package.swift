// swift-tools-version: 6.2
// How long a judgement takes and how much memory. Run: swift run -c release --package-path Tests/Benchmarks/policy
import PackageDescription

let package = Package(
    name: "policy-benchmark",
    dependencies: [.package(name: "losnap", path: "../../..")],
    targets: [
        .executableTarget(
            name: "policy-benchmark", dependencies: [.product(name: "Policy", package: "losnap")],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
