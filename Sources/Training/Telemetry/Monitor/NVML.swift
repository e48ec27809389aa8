import Glibc
import Wire

/// NVIDIA's management library, loaded where the driver has put it
/// (https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html).
public final class NVML: AcceleratorReader {
    /// The name under which the driver installs it.
    public static let standardLibrary = "libnvidia-ml.so.1"

    private typealias Device = OpaquePointer?
    private typealias Start = @convention(c) () -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    /// `nvmlUtilization_t`: the chip's percent, then the memory's. `nvmlMemory_t`: total, free, used.
    private typealias Query = @convention(c) (Device, UnsafeMutableRawPointer) -> Int32
    private typealias Temperature = @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> Int32

    private static let success: Int32 = 0
    /// `NVML_TEMPERATURE_GPU`.
    private static let sensor: UInt32 = 0

    /// For people.
    public let name = "NVML"

    private let count: Count
    private let handle: Handle
    private let utilization: Query
    private let memory: Query
    private let temperature: Temperature

    /// Loads and starts the library; nil where there is none, or no driver behind it. It stays loaded.
    public init?(library: String = standardLibrary) {
        guard let loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL) else { return nil }
        guard let start = dlsym(loaded, "nvmlInit_v2"), let count = dlsym(loaded, "nvmlDeviceGetCount_v2"),
            let handle = dlsym(loaded, "nvmlDeviceGetHandleByIndex_v2"),
            let utilization = dlsym(loaded, "nvmlDeviceGetUtilizationRates"),
            let memory = dlsym(loaded, "nvmlDeviceGetMemoryInfo"),
            let temperature = dlsym(loaded, "nvmlDeviceGetTemperature"),
            unsafeBitCast(start, to: Start.self)() == Self.success
        else { return nil }
        self.count = unsafeBitCast(count, to: Count.self)
        self.handle = unsafeBitCast(handle, to: Handle.self)
        self.utilization = unsafeBitCast(utilization, to: Query.self)
        self.memory = unsafeBitCast(memory, to: Query.self)
        self.temperature = unsafeBitCast(temperature, to: Temperature.self)
    }

    /// Asks each device, on a thread of its own: a driver may take its time.
    public func read() async throws -> [AcceleratorUsage] {
        try await BlockingThread.run { [self] in try ask() }
    }

    private func ask() throws(AcceleratorError) -> [AcceleratorUsage] {
        var found: UInt32 = 0
        let status = count(&found)
        guard status == Self.success else {
            throw AcceleratorError(description: "nvmlDeviceGetCount_v2 answers \(status)")
        }
        var all: [AcceleratorUsage] = []
        for index in 0..<min(found, UInt32(AcceleratorLimits.countMax)) {
            var device: OpaquePointer?
            guard handle(index, &device) == Self.success else { continue }
            all.append(usage(of: device, index: Int(index)))
        }
        return all
    }

    private func usage(of device: Device, index: Int) -> AcceleratorUsage {
        var usage = AcceleratorUsage(index: index)
        var rates: (gpu: UInt32, memory: UInt32) = (0, 0)
        if utilization(device, &rates) == Self.success { usage.utilizationPercent = Double(rates.gpu) }
        var bytes: (total: UInt64, free: UInt64, used: UInt64) = (0, 0, 0)
        if memory(device, &bytes) == Self.success {
            (usage.memoryUsedBytes, usage.memoryTotalBytes) = (Double(bytes.used), Double(bytes.total))
        }
        var celsius: UInt32 = 0
        if temperature(device, Self.sensor, &celsius) == Self.success { usage.temperatureCelsius = Double(celsius) }
        return usage
    }
}
