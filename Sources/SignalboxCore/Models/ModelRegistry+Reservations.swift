import Wire

extension ModelRegistry {
    /// A version that was reserved and is not published.
    public struct Reservation: Sendable, Equatable {
        /// The model's name.
        public let name: String
        /// The number.
        public let version: Int
        /// The job whose attempt reserved it.
        public let jobID: String
        /// The version's document.
        let path: String
        let updateTime: Timestamp

        init?(_ document: Document, of name: String) {
            guard document.fields["state"] == .string(ModelRegistry.reservedState),
                case .integer(let number) = document.fields["version"], let version = Int(exactly: number),
                case .string(let jobID) = document.fields["job_id"]
            else { return nil }
            self.name = name
            self.version = version
            self.jobID = jobID
            path = document.path
            updateTime = document.updateTime
        }
    }

    /// Every version of every model that is reserved.
    public func reservations() async throws(StoreError) -> [Reservation] {
        var found: [Reservation] = []
        for model in try await documents.queryAll(DocumentQuery(collection: Self.collection)) {
            let query = DocumentQuery(collection: "\(model.path)/versions")
                .where("state", .equal, .string(Self.reservedState))
            found += try await documents.queryAll(query).compactMap { Reservation($0, of: model.id) }
        }
        return found
    }

    /// Whether a version is reserved still, and its document was not written since.
    func isHeld(_ reservation: Reservation) async throws(StoreError) -> Bool {
        guard let document = try await documents.get(reservation.path) else { return false }
        return Reservation(document, of: reservation.name) == reservation
    }

    /// Gives a reservation up; its number is never used again.
    ///
    /// - Throws: `preconditionFailed` where the version's document was written since, published above all.
    func remove(_ reservation: Reservation) async throws(StoreError) {
        _ = try await documents.commit([.delete(reservation.path, if: .updateTime(reservation.updateTime))])
    }
}
