/// Which module may import which: the rooms from the ground up.
enum Imports {
    private static let system: Set<String> = ["Glibc", "Synchronization", "Dispatch"]
    private static let hummingbird: Set<String> = [
        "Hummingbird", "HummingbirdCore", "HTTPTypes", "Logging", "NIOCore", "NIOPosix", "ServiceLifecycle",
    ]
    private static let foundation: Set<String> = ["Foundation", "FoundationEssentials"]
    private static let function: Set<String> = [
        "Wire", "FunctionServer", "SignalboxCore", "GoogleCloud", "ComputeTiers",
    ]

    /// What each room may import beside the system's modules.
    static let rooms: [String: Set<String>] = [
        "Sources/Wire": ["CCurl", "COpenSSL", "CJSONC", "CArchive", "CChecksum"],
        "Sources/SignalboxCore": ["Wire"],
        "Sources/GoogleCloud": ["Wire", "SignalboxCore"],
        "Sources/ComputeTiers": ["Wire", "SignalboxCore", "GoogleCloud"],
        "Sources/CloudEvents": ["Wire"],
        "Sources/Handlers": ["Wire", "SignalboxCore", "CloudEvents"],
        "Sources/FunctionServer": ["Wire", "CloudEvents", "NIOCore", "NIOPosix", "NIOHTTP1"],
        "Sources/LocalCloud": hummingbird.union(foundation).union(["Wire", "GRDB"]),
        "Sources/Training": ["Wire", "SignalboxCore", "CPJRT"],
        "Sources/SignalboxTesting": ["Wire", "SignalboxCore", "CloudEvents", "Handlers"],
        "Sources/SignalboxCLI": foundation.union([
            "Wire", "SignalboxCore", "GoogleCloud", "ComputeTiers", "LocalCloud", "SignalboxTesting", "ArgumentParser",
        ]),
        "Sources/Trainer": ["Wire", "SignalboxCore", "GoogleCloud", "Training", "ArgumentParser"],
        "functions/gcs-upload": function.union(["Handlers"]),
        "functions/firestore-job": function.union(["Handlers"]),
        "functions/scheduled-prune": function.union(["Handlers"]),
        "functions/api": function.union(hummingbird).union(["CloudEvents"]),
    ]

    static func check(_ file: SourceFile) -> [Offence] {
        guard file.isSwift, !file.isTest else { return [] }
        guard let allowed = rooms[file.room] else { return [Offence(file, line: 1, "\(file.room) is no room")] }
        return file.code.enumerated().compactMap { index, line in
            guard let module = module(line), !allowed.contains(module), !system.contains(module) else { return nil }
            return Offence(file, line: index + 1, "\(file.room) may not import \(module)")
        }
    }

    /// The module that a line imports.
    private static func module(_ line: String) -> String? {
        var words = line.split(separator: " ").map(String.init)
        let access = ["public", "package", "internal", "fileprivate", "private"]
        while let first = words.first, first.hasPrefix("@") || access.contains(first) { words.removeFirst() }
        guard words.first == "import" else { return nil }
        words.removeFirst()
        if words.count > 1 { words.removeFirst() }
        return words.first?.split(separator: ".").first.map(String.init)
    }
}
