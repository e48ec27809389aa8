import FoundationEssentials
import GRDB

/// Bytes as a database value; the database library speaks only Foundation's `Data`, which stays in this file.
struct DatabaseBytes: DatabaseValueConvertible {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> DatabaseBytes? {
        Data.fromDatabaseValue(value).map { DatabaseBytes(Array($0)) }
    }
}
