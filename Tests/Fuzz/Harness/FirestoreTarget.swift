import Wire

extension FuzzTarget {
    /// Firestore's events in their binary form: what is taken is written and read again as the same event.
    static let firestoreProtobuf = FuzzTarget(name: "firestore-protobuf") { bytes in
        guard let event = try? DocumentEventData(protobuf: bytes) else { return }
        guard let again = try? DocumentEventData(protobuf: event.protobuf) else {
            return require(false, "what was written is not read: \(event)")
        }
        require(again.protobuf == event.protobuf, "another event after writing: \(event)")
    }

    /// The same events as JSON.
    static let firestoreJSON = FuzzTarget(name: "firestore-json") { bytes in
        guard let json = try? JSON(parsing: bytes) else { return }
        guard let event = try? DocumentEventData(JSONReader(json)) else { return }
        guard let again = try? DocumentEventData(protobuf: event.protobuf) else {
            return require(false, "what was written is not read: \(event)")
        }
        require(again.protobuf == event.protobuf, "another event after writing: \(event)")
    }
}
