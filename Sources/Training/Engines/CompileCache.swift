import Glibc
import Wire

/// Compiled programs on disk: compiling takes seconds and gives the same result while plugin, machine and program stay.
///
/// A cache never makes a run fail: what cannot be read, is damaged or is refused by the plugin is compiled anew, and
/// what cannot be written is left out. The entries are machine code, so the folder is made for its owner alone.
struct CompileCache {
    /// What machine code depends on beside its program. Another GPU in the same machine is another one.
    struct Machine {
        var platform: String
        var platformVersion: String
        var deviceKind: String
        /// As ccache knows a compiler: by size and time of change, for hashing 200 MB would cost each start 0.2 s.
        var plugin: String
        var processor: String

        /// This machine, for one build of a plugin.
        init(plugin path: String, client: PJRTClient) {
            var status = stat()
            stat(path, &status)
            platform = client.platformName
            platformVersion = client.platformVersion
            deviceKind = client.deviceKind
            plugin = "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
            processor = CompileCache.processor()
        }

        var text: String { [platform, platformVersion, deviceKind, plugin, processor].joined(separator: "\n") }
    }

    /// The folder of the entries.
    let folder: String
    let machine: Machine

    /// The program from the cache, or compiled and put there.
    func executable(
        _ code: [UInt8],
        digest: Digest,
        name: String,
        on client: PJRTClient
    ) throws(TrainingError) -> PJRTExecutable {
        let key = SHA256.digest(
            of: [machine.text, digest.hex, Hex.encode(PJRTExecutable.compileOptions)].joined(separator: "\n")
        )
        let path = "\(folder)/\(key.hex).pjrt"
        if let stored = CompileCache.read(path),
            let executable = try? PJRTExecutable.load(stored, name: name, on: client)
        {
            return executable
        }
        let executable = try PJRTExecutable.compile(code, name: name, on: client)
        if let bytes = try? executable.serialize() {
            mkdir(folder, 0o700)
            try? FileIO.write(SHA256.digest(of: bytes).bytes + bytes, to: path, permissions: 0o600)
        }
        return executable
    }

    /// An entry is the SHA-256 of what follows: a plugin may crash on damaged machine code.
    private static func read(_ path: String) -> [UInt8]? {
        guard let entry = try? FileIO.read(path, bytesMax: entryBytesMax), entry.count > Digest.byteCount else {
            return nil
        }
        let bytes = Array(entry[Digest.byteCount...])
        return SHA256.digest(of: bytes).bytes == Array(entry[..<Digest.byteCount]) ? bytes : nil
    }

    /// The first processor's model and features, on which the machine code depends.
    private static func processor() -> String {
        guard let file = fopen("/proc/cpuinfo", "re") else { return "unknown" }
        defer { fclose(file) }
        var lines: [String] = []
        var buffer = [CChar](repeating: 0, count: lineBytesMax)
        while lines.count < 2, fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if line.hasPrefix("model name") || line.hasPrefix("flags") || line.hasPrefix("Features") {
                lines.append(line)
            }
        }
        return lines.joined()
    }

    private static let entryBytesMax = 256 << 20
    private static let lineBytesMax = 16 << 10
}
