// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

/// A function: one small executable under `functions/`.
func function(_ name: String, extra: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["Wire", "SignalboxCore", "GoogleCloud", "ComputeTiers", "FunctionServer"] + extra,
        path: "functions/\(name)",
        exclude: ["README.md", "function.yaml"],
        swiftSettings: settings
    )
}

/// The tests of one room.
func tests(_ name: String, of dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies + ["Wire", "SignalboxTesting"],
        exclude: exclude,
        swiftSettings: settings
    )
}

let package = Package(
    name: "signalbox",
    products: [
        .executable(name: "signalbox", targets: ["SignalboxCLI"]),
        .executable(name: "trainer", targets: ["Trainer"]),
        .library(name: "SignalboxTesting", targets: ["SignalboxTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CJSONC", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev", "zlib1g-dev"])]),
        .systemLibrary(name: "CPJRT"),
        .target(name: "CChecksum"),

        .target(
            name: "Wire",
            dependencies: ["CCurl", "COpenSSL", "CJSONC", "CArchive", "CChecksum"],
            swiftSettings: settings
        ),
        .target(name: "SignalboxCore", dependencies: ["Wire"], swiftSettings: settings),
        .target(name: "GoogleCloud", dependencies: ["Wire", "SignalboxCore"], swiftSettings: settings),
        .target(name: "ComputeTiers", dependencies: ["Wire", "SignalboxCore", "GoogleCloud"], swiftSettings: settings),
        .target(name: "CloudEvents", dependencies: ["Wire"], swiftSettings: settings),
        .target(name: "Handlers", dependencies: ["Wire", "SignalboxCore", "CloudEvents"], swiftSettings: settings),
        .target(name: "FunctionServer", dependencies: ["Wire", "CloudEvents"] + nio, swiftSettings: settings),
        .target(
            name: "LocalCloud",
            dependencies: ["Wire", hummingbird, .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings
        ),
        .target(
            name: "Training",
            dependencies: ["Wire", "SignalboxCore", "CPJRT"],
            exclude: ["Programs"],
            swiftSettings: settings
        ),
        .target(
            name: "SignalboxTesting",
            dependencies: ["Wire", "SignalboxCore", "CloudEvents", "Handlers"],
            swiftSettings: settings
        ),

        .executableTarget(
            name: "SignalboxCLI",
            dependencies: [
                "Wire", "SignalboxCore", "GoogleCloud", "ComputeTiers", "LocalCloud", "SignalboxTesting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Trainer",
            dependencies: [
                "Wire", "SignalboxCore", "GoogleCloud", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        function("gcs-upload", extra: ["Handlers"]),
        function("firestore-job", extra: ["Handlers"]),
        function("scheduled-prune", extra: ["Handlers"]),
        function("api", extra: ["CloudEvents", hummingbird]),

        tests("WireTests", of: []),
        tests("SignalboxCoreTests", of: ["SignalboxCore"]),
        tests("GoogleCloudTests", of: ["SignalboxCore", "GoogleCloud", "LocalCloud"]),
        tests("ComputeTiersTests", of: ["SignalboxCore", "GoogleCloud", "ComputeTiers"], exclude: ["Google/Golden"]),
        tests("CloudEventsTests", of: ["CloudEvents"]),
        tests("HandlersTests", of: ["SignalboxCore", "CloudEvents", "Handlers"]),
        tests("FunctionServerTests", of: ["CloudEvents", "FunctionServer"]),
        tests("SignalboxCLITests", of: ["SignalboxCore", "SignalboxCLI"]),
        tests("LocalCloudTests", of: ["LocalCloud"], exclude: ["Clients"]),
        tests("TrainingTests", of: ["SignalboxCore", "Training"]),
        tests(
            "EndToEndTests",
            of: ["SignalboxCore", "GoogleCloud", "LocalCloud", "ComputeTiers"],
            exclude: ["Faults/full_disk.c"]
        ),
        tests("TidyTests", of: []),
    ]
)
