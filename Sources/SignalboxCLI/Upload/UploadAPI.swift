import GoogleCloud
import SignalboxCore
import Wire

/// The upload API (`docs/upload-api.md`), asked with a robot's own key.
struct UploadAPI: Sendable {
    /// Bytes of an answer.
    private static let answerBytesMax = 1 << 20
    /// How long an answer may take.
    private static let answerTimeout = Duration.seconds(120)

    /// The API's URL without a slash at its end.
    let url: String
    let signer: HTTPRequestSigner
    let context: ServiceContext

    /// The API at a URL.
    ///
    /// - Throws: ``CommandError`` for plain HTTP to another machine: a session's URL is a secret.
    init(url: String, signer: HTTPRequestSigner, context: ServiceContext) throws(CommandError) {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        guard url.hasPrefix("https://") || Loopback.isLoopback(origin: url) else {
            throw CommandError(.argumentUnusable, "--api \(url): wanted https://HOST, or http:// on this machine")
        }
        self.url = url
        self.signer = signer
        self.context = context
    }

    /// What the API answered to a manifest.
    struct Answer: Sendable {
        let state: UploadOffer.State
        let archive: ObjectName
        let archiveGeneration: Int64?
        let manifest: ObjectName
        let manifestGeneration: Int64?
        let session: String?
        /// The receipt's envelope.
        let receipt: [UInt8]?

        init(_ json: JSONReader) throws {
            guard let state = UploadOffer.State(rawValue: try json["state"].string()),
                let archive = ObjectName(uri: try json["archive"]["uri"].string()),
                let manifest = ObjectName(uri: try json["manifest"]["uri"].string())
            else { throw json.mismatch("an upload's state and objects") }
            self.state = state
            self.archive = archive
            self.manifest = manifest
            archiveGeneration = try json["archive"]["generation"].optional.flatMap { Int64(try $0.string()) }
            manifestGeneration = try json["manifest"]["generation"].optional.flatMap { Int64(try $0.string()) }
            session = try json["upload_url"].optional?.string()
            receipt = json["receipt"].optional?.value.bytes
        }
    }

    /// Announces a manifest.
    func announce(_ envelope: [UInt8], crc32c: CRC32C) async throws -> Answer {
        let request = HTTPRequest(
            method: "POST",
            url: url + UploadDesk.uploadPath,
            headers: ["Content-Type": "application/json", UploadDesk.crc32cField: crc32c.base64],
            timeout: Self.answerTimeout
        )
        let (_, body) = try await send(
            request,
            envelope,
            covering: [UploadDesk.crc32cField],
            accepting: [200, 201, 202]
        )
        return try Answer(JSONReader(JSON(parsing: body)))
    }

    /// The receipt of a package; nil while there is none.
    func receipt(of packageID: String) async throws -> [UInt8]? {
        let request = HTTPRequest(url: url + UploadDesk.receiptPath(of: packageID), timeout: Self.answerTimeout)
        do {
            return try await send(request, [], covering: [], accepting: [200]).body
        } catch let error as UploadAPIError {
            guard error.code == ProblemCode.receiptPending.rawValue else { throw error }
            return nil
        }
    }

    /// Sends a request, signed anew for every try, until it is answered.
    private func send(
        _ request: HTTPRequest,
        _ content: [UInt8],
        covering fields: [String],
        accepting accepted: Set<Int>
    ) async throws -> (status: Int, body: [UInt8]) {
        var patience = UploadPatience(context)
        while true {
            let failure: any Error
            do {
                let signed = try signer.signed(request, content: content, covering: fields)
                let response = try await context.transport.send(signed)
                let body = try await response.body.collect(bytesMax: Self.answerBytesMax)
                if accepted.contains(response.status) { return (response.status, body) }
                let error = UploadAPIError(response.status, body)
                guard error.isTransient else { throw error }
                failure = error
            } catch let error as HTTPClientError {
                failure = error
            }
            try await patience.pause(after: failure)
        }
    }
}

/// The API refused a request.
struct UploadAPIError: Error {
    /// The problem's code, else the status.
    let code: String
    /// For people.
    let message: String
    /// The HTTP status.
    let status: Int

    init(_ status: Int, _ body: [UInt8]) {
        let problem = try? JSON(parsing: body)
        self.status = status
        code = problem?["code"]?.stringValue ?? "http_\(status)"
        let place = (problem?["pointer"] ?? problem?["field"])?.stringValue.map { " (at \($0))" } ?? ""
        message = (problem?["detail"]?.stringValue ?? "the API answered with HTTP \(status)") + place
    }

    /// Whether the same request may work later.
    var isTransient: Bool { status == 429 || status >= 500 }
}
