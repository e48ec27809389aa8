import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// Opens sessions that only have a number.
final class NumberedSessions: UploadSessions {
    private let state = Mutex<[UploadSessionOrder]>([])
    private let objects: any ObjectStore

    init(objects: any ObjectStore) { self.objects = objects }

    /// What sessions were opened for.
    var orders: [UploadSessionOrder] { state.withLock { $0 } }

    func begin(_ order: UploadSessionOrder) async throws(StoreError) -> String {
        let present = try await objects.metadataIfPresent(of: order.name)?.generation ?? 0
        guard present == order.generationMatch else { throw StoreError(.preconditionFailed, order.name.uri) }
        return state.withLock { orders in
            orders.append(order)
            return "session-\(orders.count)"
        }
    }
}

/// An upload desk and the intake behind it, on memory stores.
struct DeskWorld {
    static let url = "https://api.example"

    let intake: IntakeWorld
    let sessions: NumberedSessions
    let desk: UploadDesk
    private let random = SeededRandomSource(seed: 7)

    init(
        keyring: Keyring = Keyring([Sample.robot, DeskWorld.second]),
        limits: ArchiveLimits = .standard,
        authorities: Set<String>? = nil
    ) {
        var policy = RequestPolicy()
        policy.authorities = authorities
        intake = IntakeWorld(keyring: keyring)
        sessions = NumberedSessions(objects: intake.objects)
        desk = UploadDesk(
            objects: intake.objects,
            documents: intake.documents,
            sessions: sessions,
            layout: Sample.layout,
            authenticator: RequestAuthenticator(
                documents: intake.documents,
                keyring: keyring,
                policy: policy,
                clock: intake.clock
            ),
            limits: limits,
            clock: intake.clock
        )
    }

    /// Another key of the same environment.
    static let second = Keyring.Key(
        keyID: "arm-8-2026",
        publicKey: Sample.otherKey.publicKey.bytes,
        environments: [Sample.environmentID],
        notBefore: Sample.robot.notBefore,
        notAfter: Sample.robot.notAfter
    )

    var clock: ManualClock { intake.clock }

    func signer(_ key: Ed25519PrivateKey = Sample.robotKey, keyID: String = Sample.keyID) -> HTTPRequestSigner {
        HTTPRequestSigner(key: key, keyID: keyID, clock: clock, random: random)
    }

    /// A manifest's request as it arrives.
    func request(
        _ upload: Upload,
        crc32c: String? = nil,
        signer: HTTPRequestSigner? = nil,
        contentType: String = "application/json"
    ) throws -> SignedRequest {
        let plain = HTTPRequest(
            method: "POST",
            url: Self.url + UploadDesk.uploadPath,
            headers: [
                "Content-Type": contentType,
                UploadDesk.crc32cField: crc32c ?? CRC32C.checksum(of: upload.archive).base64,
            ]
        )
        let signed = try (signer ?? self.signer()).signed(
            plain,
            content: upload.envelope,
            covering: [UploadDesk.crc32cField]
        )
        return Self.arrived(signed)
    }

    static func arrived(_ request: HTTPRequest) -> SignedRequest {
        let target = String(request.url.dropFirst(url.count))
        return SignedRequest(
            method: request.method,
            scheme: "https",
            authority: "api.example",
            target: target,
            headers: request.headers
        )
    }

    /// Announces an upload, freshly signed.
    func announce(_ upload: Upload, signer: HTTPRequestSigner? = nil) async throws -> UploadOffer {
        try await desk.announce(try request(upload, signer: signer), envelope: upload.envelope)
    }

    /// The problem that an announcement meets.
    func problem(_ request: SignedRequest, _ envelope: [UInt8]) async -> Problem? {
        do throws(Problem) {
            _ = try await desk.announce(request, envelope: envelope)
            return nil
        } catch {
            return error
        }
    }

    /// The code that an announcement meets; `none` where it is let in.
    func code(_ upload: Upload, signer: HTTPRequestSigner? = nil) async throws -> String {
        await problem(try request(upload, signer: signer), upload.envelope)?.code ?? "none"
    }

    /// Asks for a receipt.
    func receipt(_ packageID: String, signer: HTTPRequestSigner? = nil) async throws -> Result<[UInt8], Problem> {
        let plain = HTTPRequest(url: Self.url + UploadDesk.receiptPath(of: packageID))
        let request = Self.arrived(try (signer ?? self.signer()).signed(plain))
        do throws(Problem) {
            return .success(try await desk.receipt(of: packageID, request))
        } catch {
            return .failure(error)
        }
    }
}
