import CPJRT

/// A program that is compiled and loaded on a client's device.
final class PJRTExecutable {
    private let executable: OpaquePointer
    private let client: PJRTClient
    private let outputCount: Int

    private init(_ executable: OpaquePointer, client: PJRTClient, outputCount: Int) {
        self.executable = executable
        self.client = client
        self.outputCount = outputCount
    }

    deinit {
        var destroy = PJRTClient.sized(PJRT_LoadedExecutable_Destroy_Args())
        destroy.executable = executable
        _ = client.api.pointee.LoadedExecutable_Destroy?(&destroy)
    }

    /// Compiles a StableHLO artefact for one device.
    static func compile(_ code: [UInt8], name: String, on client: PJRTClient) throws(TrainingError) -> PJRTExecutable {
        var code = code
        var arguments = PJRTClient.sized(PJRT_Client_Compile_Args())
        arguments.client = client.client
        let result: Result<Void, TrainingError> = code.withUnsafeMutableBytes { code in
            Self.format.withUnsafeBytes { format in
                Self.compileOptions.withUnsafeBytes { options in
                    var program = PJRTClient.sized(PJRT_Program())
                    program.code = code.baseAddress?.assumingMemoryBound(to: CChar.self)
                    program.code_size = code.count
                    program.format = format.baseAddress?.assumingMemoryBound(to: CChar.self)
                    program.format_size = format.count
                    arguments.compile_options = options.baseAddress?.assumingMemoryBound(to: CChar.self)
                    arguments.compile_options_size = options.count
                    return withUnsafePointer(to: &program) { program in
                        arguments.program = program
                        do throws(TrainingError) {
                            let function = client.api.pointee.Client_Compile
                            return .success(try client.call(function, &arguments, .compileFailed, "compiling \(name)"))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
            }
        }
        try result.get()
        return try loaded(arguments.executable, name: name, on: client)
    }

    /// Loads what ``serialize()`` gave, on the same build of the plugin and the same kind of machine.
    static func load(_ bytes: [UInt8], name: String, on client: PJRTClient) throws(TrainingError) -> PJRTExecutable {
        var arguments = PJRTClient.sized(PJRT_Executable_DeserializeAndLoad_Args())
        arguments.client = client.client
        let result: Result<Void, TrainingError> = bytes.withUnsafeBytes { bytes in
            arguments.serialized_executable = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            arguments.serialized_executable_size = bytes.count
            do throws(TrainingError) {
                let function = client.api.pointee.Executable_DeserializeAndLoad
                return .success(try client.call(function, &arguments, .compileFailed, "loading \(name)"))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return try loaded(arguments.loaded_executable, name: name, on: client)
    }

    /// The machine code, in a form of the plugin's own.
    func serialize() throws(TrainingError) -> [UInt8] {
        try PJRTExecutable.withUnloaded(executable, on: client) { unloaded throws(TrainingError) in
            var arguments = PJRTClient.sized(PJRT_Executable_Serialize_Args())
            arguments.executable = unloaded
            try client.call(client.api.pointee.Executable_Serialize, &arguments, .compileFailed, "serialising")
            defer { arguments.serialized_executable_deleter?(arguments.serialized_executable) }
            let start = UnsafeRawPointer(arguments.serialized_bytes)
            return Array(UnsafeRawBufferPointer(start: start, count: arguments.serialized_bytes_size))
        }
    }

    /// Runs the program. Buffers of donated inputs hold nothing afterwards.
    func execute(_ inputs: [PJRTBuffer]) throws(TrainingError) -> [PJRTBuffer] {
        var outputs = [OpaquePointer?](repeating: nil, count: outputCount)
        let arguments = inputs.map { Optional($0.buffer) }
        let result: Result<Void, TrainingError> = arguments.withUnsafeBufferPointer { arguments in
            outputs.withUnsafeMutableBufferPointer { outputs in
                withUnsafePointer(to: arguments.baseAddress) { argumentLists in
                    withUnsafePointer(to: outputs.baseAddress) { outputLists in
                        run(argumentLists, count: arguments.count, outputLists)
                    }
                }
            }
        }
        // Keeps the inputs alive across the call.
        withExtendedLifetime(inputs) {}
        try result.get()
        return outputs.compactMap { $0.map { PJRTBuffer($0, client: client) } }
    }

    private func run(
        _ argumentLists: UnsafePointer<UnsafePointer<OpaquePointer?>?>,
        count: Int,
        _ outputLists: UnsafePointer<UnsafeMutablePointer<OpaquePointer?>?>
    ) -> Result<Void, TrainingError> {
        var options = PJRTClient.sized(PJRT_ExecuteOptions())
        return withUnsafeMutablePointer(to: &options) { options in
            var arguments = PJRTClient.sized(PJRT_LoadedExecutable_Execute_Args())
            arguments.executable = executable
            arguments.options = options
            arguments.argument_lists = argumentLists
            arguments.num_devices = 1
            arguments.num_args = count
            arguments.output_lists = outputLists
            do throws(TrainingError) {
                let function = client.api.pointee.LoadedExecutable_Execute
                return .success(try client.call(function, &arguments, .executionFailed, "running a program"))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func loaded(
        _ executable: OpaquePointer?,
        name: String,
        on client: PJRTClient
    ) throws(TrainingError) -> PJRTExecutable {
        guard let executable else { throw TrainingError(.compileFailed, "\(name): the plugin gave no executable") }
        let count = try withUnloaded(executable, on: client) { unloaded throws(TrainingError) in
            var arguments = PJRTClient.sized(PJRT_Executable_NumOutputs_Args())
            arguments.executable = unloaded
            try client.call(client.api.pointee.Executable_NumOutputs, &arguments, .compileFailed, "inspecting \(name)")
            return arguments.num_outputs
        }
        return PJRTExecutable(executable, client: client, outputCount: count)
    }

    private static func withUnloaded<Value>(
        _ executable: OpaquePointer,
        on client: PJRTClient,
        _ body: (OpaquePointer?) throws(TrainingError) -> Value
    ) throws(TrainingError) -> Value {
        var arguments = PJRTClient.sized(PJRT_LoadedExecutable_GetExecutable_Args())
        arguments.loaded_executable = executable
        let function = client.api.pointee.LoadedExecutable_GetExecutable
        try client.call(function, &arguments, .compileFailed, "inspecting a program")
        var destroy = PJRTClient.sized(PJRT_Executable_Destroy_Args())
        destroy.executable = arguments.executable
        defer { _ = client.api.pointee.Executable_Destroy?(&destroy) }
        return try body(arguments.executable)
    }

    /// How PJRT calls a StableHLO module, portable artefacts included.
    private static let format = Array("mlir".utf8)

    /// A serialised CompileOptionsProto (xla/pjrt/proto/compile_options.proto): executable_build_options (3) with
    /// num_replicas (4) and num_partitions (5) of one.
    static let compileOptions: [UInt8] = [0x1A, 0x04, 0x20, 0x01, 0x28, 0x01]
}
