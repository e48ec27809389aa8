import Glibc
import SignalboxCore
import Training
import Wire

extension TrainerSetup {
    /// What is told of the run, and to whom, from the environment (`docs/telemetry.md`).
    func telemetry(host name: String, transport: any HTTPTransport) throws(ConfigurationError) -> Telemetry {
        let environment = Environment(variables)
        let seconds = try environment.int(
            "SIGNALBOX_MONITOR_SECONDS",
            in: 0...3600,
            default: SystemMonitor.secondsStandard
        )
        let clock = SystemClock()
        var telemetry = Telemetry(
            provenance: try Provenance(environment, program: Self.ownPath()) { path, bytesMax throws(FileIO.Failure) in
                try FileIO.read(path, bytesMax: bytesMax)
            },
            host: HostDescription(name: name, read: Self.text),
            clock: clock
        )
        if seconds > 0 {
            telemetry.monitor = SystemMonitor(
                everySeconds: seconds,
                host: HostReader(read: Self.text),
                accelerators: accelerators(clock)
            )
        }
        telemetry.addTrackers(environment, transport: transport)
        return telemetry
    }

    /// NVML where its library is, else `nvidia-smi` where that is.
    private func accelerators(_ clock: SystemClock) -> any AcceleratorReader {
        let path = variables["PATH"] ?? ""
        return LazyAcceleratorReader {
            if let library = NVML() { return library }
            let program = NvidiaSMI.find(path: path) { access($0, X_OK) == 0 }
            return program.map { NvidiaSMI(program: $0, clock: clock) }
        }
    }

    /// Bytes of a file under `/proc`, `/sys` or `/etc` that is read.
    private static let systemFileBytesMax = 4 << 20

    private static func text(_ path: String) -> String? {
        (try? FileIO.read(path, bytesMax: systemFileBytesMax)).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func ownPath() -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        return String(decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
