import Foundation
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("The monitor of host and accelerators") struct MonitorTests {
    /// Two looks at a machine of two cores, 400 ticks apart: 100 of them busy, 40 of those this process's.
    private static let looks: [[String: String]] = [
        [
            "/proc/stat": "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n",
            "/proc/self/stat": "7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 10 5 0 0 20 0 9",
            "/proc/meminfo": "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n",
            "/proc/self/status": "Name:\ttrainer\nVmRSS:\t     64 kB\n",
            "/sys/class/thermal/thermal_zone0/temp": "41000\n",
            "/sys/class/thermal/thermal_zone1/temp": "52500\n",
        ],
        [
            "/proc/stat": "cpu  180 0 60 1050 100 0 0 10 0 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n",
            "/proc/self/stat": "7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 40 15 0 0 20 0 9",
        ],
    ]

    @Test("reads what Linux tells of machine and process")
    func host() {
        let look = Mutex(0)
        var reader = HostReader { path in Self.looks[look.withLock { $0 }][path] }
        let first = Dictionary(uniqueKeysWithValues: reader.sample().map { ($0.name, $0.value) })
        #expect(
            first == [
                "memory_used_bytes": 750 * 1024, "memory_percent": 75, "process_memory_bytes": 65_536,
                "temperature_celsius": 52.5,
            ]
        )
        look.withLock { $0 = 1 }
        let second = Dictionary(uniqueKeysWithValues: reader.sample().map { ($0.name, $0.value) })
        #expect(second == ["cpu_percent": 25, "process_cpu_percent": 20])
    }

    @Test(
        "says nothing of what it does not understand",
        arguments: ["", "cpu", "cpu  x y z", "cpu  1 2", "\n", "intr 4", "cpu  1 2 3 4 5 6 7 8"]
    )
    func odd(text: String) {
        var reader = HostReader { _ in text }
        _ = reader.sample()
        #expect(reader.sample().allSatisfy { $0.value.isFinite })
    }

    @Test("reads this machine")
    func thisMachine() {
        var reader = HostReader { path in
            (try? FileIO.read(path, bytesMax: 1 << 22)).map { String(decoding: $0, as: UTF8.self) }
        }
        let names = Set(reader.sample().map(\.name))
        #expect(names.isSuperset(of: ["memory_used_bytes", "memory_percent", "process_memory_bytes"]))
    }

    @Test("reads NVIDIA's library")
    func nvml() async throws {
        let folder = try TemporaryFolder()
        let library = "\(folder.path)/libnvidia-ml.so.1"
        try FileIO.write(Array(FakeNVIDIA.library.utf8), to: "\(folder.path)/nvml.c")
        _ = try Repository.run("/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", library, "\(folder.path)/nvml.c"])
        let reader = try #require(NVML(library: library))
        #expect(
            try await reader.read() == [
                AcceleratorUsage(
                    index: 0,
                    utilizationPercent: 37,
                    memoryUsedBytes: FakeNVIDIA.gibibyte,
                    memoryTotalBytes: 8 * FakeNVIDIA.gibibyte,
                    temperatureCelsius: 61
                ),
                // The second one does not tell how busy it is, as a part of a divided device does not.
                AcceleratorUsage(
                    index: 1,
                    memoryUsedBytes: 0,
                    memoryTotalBytes: 8 * FakeNVIDIA.gibibyte,
                    temperatureCelsius: 30
                ),
            ]
        )
        #expect(NVML(library: "\(folder.path)/none.so") == nil)
        #expect(NVML(library: "libc.so.6") == nil)
    }

    @Test("asks nvidia-smi, and says how it failed")
    func smi() async throws {
        let folder = try TemporaryFolder()
        let program = "\(folder.path)/nvidia-smi"
        try FileIO.write(Array(FakeNVIDIA.tool.utf8), to: program, permissions: 0o755)
        let found = NvidiaSMI.find(path: "/nowhere:\(folder.path)") { FileManager.default.isExecutableFile(atPath: $0) }
        #expect(found == program)
        let usages = try await NvidiaSMI(program: program, clock: SystemClock()).read()
        #expect(
            usages == [
                AcceleratorUsage(
                    index: 0,
                    utilizationPercent: 37,
                    memoryUsedBytes: FakeNVIDIA.gibibyte,
                    memoryTotalBytes: 8 * FakeNVIDIA.gibibyte,
                    temperatureCelsius: 61
                ),
                AcceleratorUsage(index: 1, temperatureCelsius: 30),
            ]
        )
        try FileIO.write(Array("#!/bin/sh\nexit 9\n".utf8), to: program, permissions: 0o755)
        let error = await #expect(throws: AcceleratorError.self) {
            try await NvidiaSMI(program: program, clock: SystemClock()).read()
        }
        #expect(error?.description.contains("exit status 9") == true)
    }

    @Test("kills an nvidia-smi that hangs")
    func hangingTool() async throws {
        let folder = try TemporaryFolder()
        let program = "\(folder.path)/nvidia-smi"
        try FileIO.write(Array("#!/bin/sh\nsleep 10000\n".utf8), to: program, permissions: 0o755)
        let clock = ManualClock()
        let ticking = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(1))
                clock.advance(by: .milliseconds(100))
            }
        }
        await #expect(throws: AcceleratorError.self) { try await NvidiaSMI(program: program, clock: clock).read() }
        ticking.cancel()
    }

    @Test("warns once of an accelerator that idles for long, and of none that works now and then")
    func idle() {
        func warnings(_ utilization: (Int) -> Double?) -> Int {
            var watch = IdleWatch()
            let start = ManualClock().now()
            return (0..<200).count { index in
                let usages = [AcceleratorUsage(index: 0, utilizationPercent: utilization(index))]
                return watch.warning(usages, at: start + .seconds(15 * index)) != nil
            }
        }
        #expect(warnings { _ in 0 } == 1)
        #expect(warnings { _ in 4.9 } == 1)
        #expect(warnings { $0 < 100 ? 90 : 0 } == 1)
        #expect(warnings { $0.isMultiple(of: 20) ? 50 : 0 } == 0)
        #expect(warnings { _ in 5 } == 0)
        #expect(warnings { _ in nil } == 0)
        var watch = IdleWatch()
        let busy = [
            AcceleratorUsage(index: 0, utilizationPercent: 0), AcceleratorUsage(index: 1, utilizationPercent: 80),
        ]
        let start = ManualClock().now()
        #expect((0..<100).allSatisfy { watch.warning(busy, at: start + .seconds(60 * $0)) == nil })
    }

    struct Fixed: AcceleratorReader {
        let name = "a test"
        let usages: [AcceleratorUsage]?

        func read() async throws -> [AcceleratorUsage] {
            guard let usages else { throw AcceleratorError(description: "lost") }
            return usages
        }
    }

    struct Row: Sendable {
        let usages: [AcceleratorUsage]?
        let isUsed: Bool?
        let warnings: [String]
        let hasMetrics: Bool
    }

    @Test(
        "measures accelerators where the training uses them, and only there",
        arguments: [
            Row(
                usages: [AcceleratorUsage(index: 0, utilizationPercent: 0)],
                isUsed: true,
                warnings: ["the accelerator idles"],
                hasMetrics: true
            ),
            Row(
                usages: [AcceleratorUsage(index: 0, utilizationPercent: 0)],
                isUsed: false,
                warnings: ["is SIGNALBOX_PJRT_PLUGIN the accelerator's?"],
                hasMetrics: false
            ),
            Row(
                usages: [AcceleratorUsage(index: 0, utilizationPercent: 0)],
                isUsed: nil,
                warnings: [],
                hasMetrics: false
            ),
            Row(usages: [], isUsed: true, warnings: [], hasMetrics: false),
            Row(usages: [], isUsed: false, warnings: [], hasMetrics: false),
            Row(usages: nil, isUsed: false, warnings: [], hasMetrics: false),
            Row(usages: nil, isUsed: true, warnings: ["does not tell what accelerators do: lost"], hasMetrics: false),
        ]
    )
    func monitor(row: Row) async throws {
        let (taken, warnings) = try await measured(by: Fixed(usages: row.usages), isUsed: row.isUsed)
        #expect(warnings.count == row.warnings.count)
        for (found, wanted) in zip(warnings, row.warnings) { #expect(found.contains(wanted)) }
        #expect(taken[0].contains("system/gpu0/utilization_percent") == row.hasMetrics)
        #expect(taken[0].contains("system/memory_percent"))
    }

    /// Fails at first.
    actor Late: AcceleratorReader {
        nonisolated let name = "a test"
        private var calls = 0

        func read() async throws -> [AcceleratorUsage] {
            calls += 1
            guard calls > 3 else { throw AcceleratorError(description: "busy") }
            return [AcceleratorUsage(index: 0, utilizationPercent: 50)]
        }
    }

    @Test("asks on where accelerators could not be read, and says so once")
    func readAgain() async throws {
        let (taken, warnings) = try await measured(by: Late(), isUsed: true)
        #expect(warnings == ["a test does not tell what accelerators do: busy"])
        let known = taken.map { $0.contains("system/gpu0/utilization_percent") }
        #expect(known.prefix(5) == [false, false, false, true, true])
    }

    /// The names of sixty measurements, and what is warned of.
    private func measured(
        by reader: any AcceleratorReader,
        isUsed: Bool?
    ) async throws -> (names: [[String]], warnings: [String]) {
        let clock = ManualClock()
        let monitor = SystemMonitor(host: HostReader { Self.looks[0][$0] }, accelerators: reader)
        let warnings = Warnings()
        let taken = Mutex<[[String]]>([])
        let running = Task {
            await monitor.run(
                clock: clock,
                usesAccelerators: { isUsed },
                take: { values in taken.withLock { $0.append(values.map(\.name)) } },
                warn: { await warnings.add($0) }
            )
        }
        for _ in 0..<60_000 where taken.withLock({ $0.count }) < 60 {
            clock.advance(by: .seconds(SystemMonitor.secondsStandard))
            try await Task.sleep(for: .milliseconds(1))
        }
        running.cancel()
        clock.advance(by: .seconds(SystemMonitor.secondsStandard))
        await running.value
        return (taken.withLock { $0 }, await warnings.all)
    }
}

/// NVIDIA's library and tool, as far as they are asked, of a machine with two GPUs.
enum FakeNVIDIA {
    static let gibibyte = 1_073_741_824.0

    static let library = """
        typedef struct { unsigned int gpu, memory; } Utilization;
        typedef struct { unsigned long long total, free, used; } Memory;
        static int devices[2] = {0, 1};
        int nvmlInit_v2(void) { return 0; }
        int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 2; return 0; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned int i, void **d) { *d = &devices[i]; return i < 2 ? 0 : 2; }
        int nvmlDeviceGetUtilizationRates(void *d, Utilization *u) {
            if (*(int *)d) return 3;
            u->gpu = 37;
            u->memory = 12;
            return 0;
        }
        int nvmlDeviceGetMemoryInfo(void *d, Memory *m) {
            m->total = 8ULL << 30;
            m->used = *(int *)d ? 0 : 1ULL << 30;
            m->free = m->total - m->used;
            return 0;
        }
        int nvmlDeviceGetTemperature(void *d, unsigned int sensor, unsigned int *t) {
            if (sensor != 0) return 2;
            *t = *(int *)d ? 30 : 61;
            return 0;
        }
        """

    static let tool = """
        #!/bin/sh
        [ "$*" = "--query-gpu=index,utilization.gpu,memory.used,memory.total,temperature.gpu \
        --format=csv,noheader,nounits" ] || exit 2
        echo "0, 37, 1024, 8192, 61"
        echo "1, [N/A], [N/A], [N/A], 30"
        """
}
