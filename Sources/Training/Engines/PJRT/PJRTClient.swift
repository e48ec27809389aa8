import CPJRT
import Glibc

/// A PJRT plugin that is loaded and started, with its first device.
final class PJRTClient {
    let api: UnsafePointer<PJRT_Api>
    let client: OpaquePointer
    let device: OpaquePointer
    /// The kind of device: `cpu`, `cuda`, `tpu`.
    let platformName: String
    /// The plugin's own name for its build.
    let platformVersion: String
    /// The device's model: `cpu`, `NVIDIA H200`, `TPU v4`.
    let deviceKind: String

    /// Loads and starts the plugin at a path.
    ///
    /// The library stays loaded for the life of the process: XLA's threads and static data do not survive dlclose(3).
    ///
    /// - Throws: `plugin_missing`, `plugin_incompatible`, `plugin_failed`.
    init(plugin path: String) throws(TrainingError) {
        let api = try PJRTClient.load(path)
        self.api = api
        var initialise = PJRTClient.sized(PJRT_Plugin_Initialize_Args())
        try PJRTClient.call(api, api.pointee.Plugin_Initialize, &initialise, .pluginFailed, "starting the plugin")
        var create = PJRTClient.sized(PJRT_Client_Create_Args())
        try PJRTClient.call(api, api.pointee.Client_Create, &create, .pluginFailed, "opening the devices")
        guard let client = create.client else {
            throw TrainingError(.pluginFailed, "\(path): the plugin gave no client")
        }
        self.client = client
        var devices = PJRTClient.sized(PJRT_Client_AddressableDevices_Args())
        devices.client = client
        try PJRTClient.call(api, api.pointee.Client_AddressableDevices, &devices, .pluginFailed, "listing the devices")
        guard devices.num_addressable_devices > 0, let device = devices.addressable_devices?[0] else {
            throw TrainingError(.pluginFailed, "\(path): the plugin found no device")
        }
        self.device = device
        platformName = try PJRTClient.text(api, client, api.pointee.Client_PlatformName)
        platformVersion = try PJRTClient.text(api, client, api.pointee.Client_PlatformVersion)
        deviceKind = try PJRTClient.kind(api, device)
    }

    deinit {
        var destroy = PJRTClient.sized(PJRT_Client_Destroy_Args())
        destroy.client = client
        _ = api.pointee.Client_Destroy?(&destroy)
    }

    private static func load(_ path: String) throws(TrainingError) -> UnsafePointer<PJRT_Api> {
        guard access(path, R_OK) == 0 else {
            let hint = "run deploy/local/fetch-plugin.sh and set SIGNALBOX_PJRT_PLUGIN to the path it prints"
            throw TrainingError(
                .pluginMissing,
                "no PJRT plugin at '\(path)' (\(String(cString: strerror(errno)))); \(hint)"
            )
        }
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, "GetPjrtApi") else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw TrainingError(.pluginIncompatible, "\(path) is no PJRT plugin: \(reason)")
        }
        guard let api = unsafeBitCast(symbol, to: PJRT_GetApi.self)() else {
            throw TrainingError(.pluginIncompatible, "\(path): GetPjrtApi gave nothing")
        }
        let version = api.pointee.version
        guard api.pointee.struct_size >= MemoryLayout<PJRT_Api>.size, version.major_version == PJRT_MAJOR_VERSION,
            version.minor_version >= PJRT_MINOR_VERSION_MIN
        else {
            let found = "\(version.major_version).\(version.minor_version)"
            let wanted = "\(PJRT_MAJOR_VERSION).\(PJRT_MINOR_VERSION_MIN) or a newer \(PJRT_MAJOR_VERSION).x"
            let advice = "deploy/local/fetch-plugin.sh installs one"
            throw TrainingError(.pluginIncompatible, "\(path) speaks PJRT \(found), wanted \(wanted): \(advice)")
        }
        return api
    }

    private static func text(
        _ api: UnsafePointer<PJRT_Api>,
        _ client: OpaquePointer,
        _ function: ((UnsafeMutablePointer<PJRT_Client_Text_Args>?) -> OpaquePointer?)?
    ) throws(TrainingError) -> String {
        var arguments = sized(PJRT_Client_Text_Args())
        arguments.client = client
        try call(api, function, &arguments, .pluginFailed, "asking for the platform")
        return String(
            decoding: UnsafeRawBufferPointer(start: arguments.text, count: arguments.text_size),
            as: UTF8.self
        )
    }

    private static func kind(
        _ api: UnsafePointer<PJRT_Api>,
        _ device: OpaquePointer
    ) throws(TrainingError) -> String {
        var described = sized(PJRT_Device_GetDescription_Args())
        described.device = device
        try call(api, api.pointee.Device_GetDescription, &described, .pluginFailed, "asking for the device")
        var kind = sized(PJRT_DeviceDescription_Kind_Args())
        kind.device_description = described.device_description
        try call(api, api.pointee.DeviceDescription_Kind, &kind, .pluginFailed, "asking for the kind of device")
        let bytes = UnsafeRawBufferPointer(start: kind.device_kind, count: kind.device_kind_size)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension PJRTClient {
    /// An argument struct that says its own size, which every one does in its first word.
    static func sized<Arguments>(_ arguments: Arguments) -> Arguments {
        var arguments = arguments
        withUnsafeMutableBytes(of: &arguments) { $0.storeBytes(of: MemoryLayout<Arguments>.size, as: Int.self) }
        return arguments
    }

    /// Calls a function of the table and turns its error into ours.
    static func call<Arguments>(
        _ api: UnsafePointer<PJRT_Api>,
        _ function: ((UnsafeMutablePointer<Arguments>?) -> OpaquePointer?)?,
        _ arguments: inout Arguments,
        _ code: TrainingError.Code,
        _ action: String
    ) throws(TrainingError) {
        guard let function else {
            throw TrainingError(.pluginIncompatible, "the plugin lacks the function for \(action)")
        }
        guard let error = function(&arguments) else { return }
        var message = sized(PJRT_Error_Message_Args())
        message.error = error
        api.pointee.Error_Message?(&message)
        let bytes = UnsafeRawBufferPointer(start: message.message, count: message.message_size)
        let text = String(decoding: bytes.prefix(messageBytesMax), as: UTF8.self)
        var destroy = sized(PJRT_Error_Destroy_Args())
        destroy.error = error
        api.pointee.Error_Destroy?(&destroy)
        throw TrainingError(code, "\(action): \(text)")
    }

    /// Calls a function of this client's table.
    func call<Arguments>(
        _ function: ((UnsafeMutablePointer<Arguments>?) -> OpaquePointer?)?,
        _ arguments: inout Arguments,
        _ code: TrainingError.Code,
        _ action: String
    ) throws(TrainingError) {
        try PJRTClient.call(api, function, &arguments, code, action)
    }

    /// Waits for an event and frees it.
    func await(_ event: OpaquePointer?, _ action: String) throws(TrainingError) {
        guard let event else { return }
        var arguments = PJRTClient.sized(PJRT_Event_Args())
        arguments.event = event
        defer { _ = api.pointee.Event_Destroy?(&arguments) }
        try call(api.pointee.Event_Await, &arguments, .executionFailed, action)
    }

    /// How much of a plugin's message is kept: a compiler's may quote the whole program.
    private static let messageBytesMax = 2000
}
