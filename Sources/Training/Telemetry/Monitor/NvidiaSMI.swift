import Glibc
public import Wire

/// `nvidia-smi --query-gpu`, where the library itself cannot be loaded
/// (https://docs.nvidia.com/deploy/nvidia-smi/index.html).
public struct NvidiaSMI: AcceleratorReader {
    /// How long an answer may take: a driver that hangs, hangs its tool too.
    public static let answerSecondsMax: Int64 = 10
    /// Bytes of an answer: what a pipe holds.
    public static let answerBytesMax = 64 << 10

    /// For people.
    public let name = "nvidia-smi"

    private let program: String
    private let clock: any Clock

    /// - Parameter program: its path.
    public init(program: String, clock: any Clock) {
        self.program = program
        self.clock = clock
    }

    /// The program in the folders of `PATH`; nil where none has it.
    public static func find(path: String, isExecutable: (String) -> Bool) -> String? {
        path.split(separator: ":").map { "\($0)/nvidia-smi" }.first(where: isExecutable)
    }

    /// Runs it once.
    public func read() async throws -> [AcceleratorUsage] {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw AcceleratorError(description: "no pipe could be made") }
        defer { close(ends[0]) }
        // Nobody else's child keeps the pipe open, and nobody waits for one that does.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let query = "--query-gpu=index,utilization.gpu,memory.used,memory.total,temperature.gpu"
        let process: SpawnedProcess
        do {
            defer { close(ends[1]) }
            let arguments = [program, query, "--format=csv,noheader,nounits"]
            process = try SpawnedProcess(arguments, environment: ["LC_ALL": "C"], output: ends[1], endsGroup: true)
        }
        let limit = Task { [clock] in
            try await clock.sleep(for: .seconds(Self.answerSecondsMax))
            process.signalGroup(SIGKILL)
        }
        defer { limit.cancel() }
        let ending = await process.wait()
        guard ending == .exit(0) else { throw AcceleratorError(description: "\(program) \(ending)") }
        var bytes = [UInt8](repeating: 0, count: Self.answerBytesMax)
        let count = Glibc.read(ends[0], &bytes, bytes.count)
        return Self.parse(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
    }

    /// `0, 37, 1024, 81559, 44` a device, in percent, MiB and degrees; what a device cannot tell is `[N/A]`.
    static func parse(_ text: String) -> [AcceleratorUsage] {
        text.split(separator: "\n").prefix(AcceleratorLimits.countMax).compactMap { line in
            let fields = line.split(separator: ",").map(\.description.trimmed)
            guard fields.count == 5, let index = Int(fields[0]) else { return nil }
            return AcceleratorUsage(
                index: index,
                utilizationPercent: Double(fields[1]),
                memoryUsedBytes: Double(fields[2]).map { $0 * 1_048_576 },
                memoryTotalBytes: Double(fields[3]).map { $0 * 1_048_576 },
                temperatureCelsius: Double(fields[4])
            )
        }
    }
}
