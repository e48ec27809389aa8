import SignalboxCore
import Wire

/// Waits for the signed answer to an upload.
struct ReceiptWait: Sendable {
    /// The first wait between two looks, and how it grows.
    private static let firstLook = Duration.milliseconds(200)
    private static let lastLook = Duration.seconds(5)

    /// Where receipts come from; nil while there is none.
    let fetch: @Sendable (PackageLocation) async throws -> [UInt8]?
    let key: Ed25519PublicKey
    let clock: any Clock
    let timeoutSeconds: Int

    /// The receipt for exactly this upload; one of an earlier upload of other bytes is passed over.
    ///
    /// - Parameter folder: where the receipt is kept, for whoever deletes the robot's copy.
    /// - Throws: ``CommandError`` `timed_out`; ``Refusal`` for a receipt that the intake's key did not sign.
    func receipt(
        for upload: Receipt.Subject,
        at location: PackageLocation,
        keptIn folder: String
    ) async throws -> Receipt {
        let end = clock.now() + .seconds(timeoutSeconds)
        var pause = Self.firstLook
        while true {
            if let bytes = try await fetch(location) {
                let receipt = try Receipt(verifying: bytes, key: key)
                if receipt.isOf(upload), receipt.packageID == location.packageID,
                    receipt.robotID == location.robotID
                {
                    try FileIO.write(bytes, to: "\(folder)/\(PackageLocation.receiptName)")
                    return receipt
                }
            }
            guard clock.now() + pause < end else {
                let message = "no receipt within \(timeoutSeconds) s; the package is uploaded, ask again later"
                throw CommandError(.timedOut, message)
            }
            try await clock.sleep(for: pause)
            pause = min(pause * 1.5, Self.lastLook)
        }
    }

    /// Receipts as they lie beside the packages in staging.
    static func staged(in objects: any ObjectStore) -> @Sendable (PackageLocation) async throws -> [UInt8]? {
        { location in
            do throws(StoreError) {
                return try await objects.bytes(of: location.receipt, bytesMax: Receipt.envelopeBytesMax).bytes
            } catch {
                guard error.code == .notFound else { throw error }
                return nil
            }
        }
    }
}
