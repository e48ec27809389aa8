import Testing
import Wire

@Suite struct DocumentsProtobufTests {
    private static let samples: [EmulatorEvent] = [.created, .updated, .deleted]

    @Test(arguments: samples)
    func emulatorEventsReadAsTheirJSON(_ sample: EmulatorEvent) throws {
        let bytes = try #require(Base64.decode(sample.protobuf))
        let expected = try DocumentEventData(JSONReader(JSON(parsing: sample.json)))
        #expect(try DocumentEventData(protobuf: bytes) == expected)
    }

    @Test(arguments: samples)
    func whatIsWrittenReadsTheSame(_ sample: EmulatorEvent) throws {
        let event = try DocumentEventData(JSONReader(JSON(parsing: sample.json)))
        #expect(try DocumentEventData(protobuf: event.protobuf) == event)
        #expect(try DocumentEventData(JSONReader(event.json)) == event)
    }

    /// The emulator writes map entries in another order; everything else is the same.
    @Test(arguments: samples)
    func whatIsWrittenHasTheBytesOfTheEmulator(_ sample: EmulatorEvent) throws {
        let bytes = try #require(Base64.decode(sample.protobuf))
        let written = try DocumentEventData(protobuf: bytes).protobuf
        // An empty mask (two bytes) is left out where the emulator writes it.
        #expect(written.count == bytes.count || written.count + 2 == bytes.count)
    }

    @Test func sidesTellWhatHappened() throws {
        let created = try DocumentEventData(protobuf: #require(Base64.decode(EmulatorEvent.created.protobuf)))
        #expect(created.value != nil && created.oldValue == nil)
        let deleted = try DocumentEventData(protobuf: #require(Base64.decode(EmulatorEvent.deleted.protobuf)))
        #expect(deleted.value == nil && deleted.oldValue != nil)
        #expect(deleted.documentName == "projects/p1/databases/(default)/documents/runs/r1")
    }

    @Test func everyValueComesBack() throws {
        let time = Timestamp(seconds: -1, nanoseconds: 999_999_000)
        let values: [DocumentValue] = [
            .null, .boolean(true), .boolean(false), .integer(.min), .integer(.max), .integer(0), .double(-0.0),
            .double(.infinity), .double(1.5), .timestamp(time), .string(""), .string("grün\0"), .bytes([]),
            .bytes([0, 255]), .reference("projects/p/databases/d/documents/c/i"),
            .geoPoint(latitude: -90, longitude: 180), .array([]), .map([:]),
            .array([.map(["a": .array([.integer(1)])]), .null]), .map(["": .null, "ü.`": .boolean(true)]),
        ]
        let document = Document(
            name: "projects/p/databases/d/documents/c/i",
            fields: Dictionary(uniqueKeysWithValues: values.enumerated().map { ("f\($0.offset)", $0.element) }),
            createTime: time,
            updateTime: Timestamp(seconds: 253_402_300_799)
        )
        let event = DocumentEventData(value: document, oldValue: document, updateMask: ["f1", "f2"])
        #expect(try DocumentEventData(protobuf: event.protobuf) == event)
    }

    @Test func everyCutIsRefused() throws {
        var whole = try DocumentEventData(protobuf: #require(Base64.decode(EmulatorEvent.updated.protobuf)))
        // An empty mask, which stands last, reads as none.
        whole.updateMask = ["s"]
        let bytes = whole.protobuf
        for count in 0..<bytes.count {
            // A cut between the message's own fields leaves a shorter message, never the same one.
            let found = try? DocumentEventData(protobuf: Array(bytes.prefix(count)))
            #expect(found != whole, "cut to \(count) bytes")
        }
    }

    @Test func changedBytesNeverCrash() throws {
        let bytes = try #require(Base64.decode(EmulatorEvent.updated.protobuf))
        var refused = 0
        for index in bytes.indices {
            for value in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = value
                if (try? DocumentEventData(protobuf: changed)) == nil { refused += 1 }
            }
        }
        #expect(refused > 0)
    }
}
