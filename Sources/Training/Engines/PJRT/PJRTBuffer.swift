import CPJRT

/// An array in a device's memory.
final class PJRTBuffer {
    let buffer: OpaquePointer
    private let client: PJRTClient

    /// Takes over a buffer that a program gave.
    init(_ buffer: OpaquePointer, client: PJRTClient) {
        self.buffer = buffer
        self.client = client
    }

    deinit {
        var destroy = PJRTClient.sized(PJRT_Buffer_Destroy_Args())
        destroy.buffer = buffer
        _ = client.api.pointee.Buffer_Destroy?(&destroy)
    }

    /// The contents, once they are computed. `byteCount` is the array's size.
    func download(byteCount: Int) throws(TrainingError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let result: Result<Void, TrainingError> = bytes.withUnsafeMutableBytes { target in
            var arguments = PJRTClient.sized(PJRT_Buffer_ToHostBuffer_Args())
            arguments.src = buffer
            arguments.dst = target.baseAddress
            arguments.dst_size = target.count
            do throws(TrainingError) {
                let copy = client.api.pointee.Buffer_ToHostBuffer
                try client.call(copy, &arguments, .executionFailed, "reading a result")
                return .success(try client.await(arguments.event, "waiting for a result"))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return bytes
    }
}

extension Tensor.Element {
    /// The value of PJRT_Buffer_Type.
    fileprivate var pjrtType: Int32 {
        switch self {
        case .float32: Int32(PJRT_TYPE_F32)
        case .int32: Int32(PJRT_TYPE_S32)
        case .uint32: Int32(PJRT_TYPE_U32)
        }
    }
}

extension PJRTClient {
    /// Copies an array of the signature's shape to the device.
    func upload(_ bytes: UnsafeRawBufferPointer, as signature: TensorSignature) throws(TrainingError) -> PJRTBuffer {
        guard bytes.count == signature.byteCount else {
            let sizes = "\(bytes.count) bytes, wanted \(signature.byteCount)"
            throw TrainingError(.signatureMismatch, "\(signature.name) has \(sizes)")
        }
        let dimensions = signature.shape.map(Int64.init)
        let result: Result<OpaquePointer?, TrainingError> = dimensions.withUnsafeBufferPointer { dimensions in
            var arguments = PJRTClient.sized(PJRT_Client_BufferFromHostBuffer_Args())
            arguments.client = client
            arguments.data = bytes.baseAddress
            arguments.type = signature.element.pjrtType
            arguments.dims = dimensions.baseAddress
            arguments.num_dims = dimensions.count
            arguments.host_buffer_semantics = Int32(PJRT_HOST_BUFFER_ONLY_DURING_CALL)
            arguments.device = device
            do throws(TrainingError) {
                let action = "sending \(signature.name)"
                try call(api.pointee.Client_BufferFromHostBuffer, &arguments, .executionFailed, action)
                try self.await(arguments.done_with_host_buffer, action)
                return .success(arguments.buffer)
            } catch {
                return .failure(error)
            }
        }
        guard let buffer = try result.get() else {
            throw TrainingError(.executionFailed, "sending \(signature.name): the plugin gave no buffer")
        }
        return PJRTBuffer(buffer, client: self)
    }

    /// Copies floats of the signature's shape to the device.
    func upload(_ values: [Float], as signature: TensorSignature) throws(TrainingError) -> PJRTBuffer {
        let result: Result<PJRTBuffer, TrainingError> = values.withUnsafeBytes { raw in
            do throws(TrainingError) {
                return .success(try upload(raw, as: signature))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Copies a tensor of the signature's shape to the device.
    func upload(_ bytes: [UInt8], as signature: TensorSignature) throws(TrainingError) -> PJRTBuffer {
        let result: Result<PJRTBuffer, TrainingError> = bytes.withUnsafeBytes { raw in
            do throws(TrainingError) {
                return .success(try upload(raw, as: signature))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
