import Wire

/// The message types of Google's own Python clients as judges of bodies.
enum OfficialTypes {
    /// Why a body is no such message, `google.cloud.run_v2.types.Job`; nil where it is.
    static func objection(to body: JSON, as message: String) async throws -> String? {
        let (status, output) = try await ReferenceTools.run(
            try await ReferenceTools.python.value,
            [ReferenceTools.script("google_protos.py"), message],
            input: body.bytes
        )
        return status == 0 ? nil : output
    }
}
