import Wire

/// A change that the server works out
/// (https://cloud.google.com/firestore/docs/reference/rest/v1/Write#FieldTransform).
struct FieldTransform: Sendable {
    private enum Operation: Sendable {
        case requestTime
        case increment(DocumentValue)
        case maximum(DocumentValue)
        case minimum(DocumentValue)
        case append([DocumentValue])
        case remove([DocumentValue])
    }

    private let path: FieldPath
    private let operation: Operation

    /// Reads a member of `updateTransforms`.
    init(_ reader: JSONReader) throws {
        path = try FieldPath(parsing: try reader["fieldPath"].string())
        if let value = reader["setToServerValue"].optional {
            guard try value.string() == "REQUEST_TIME" else { throw value.mismatch("REQUEST_TIME") }
            operation = .requestTime
        } else if let value = reader["increment"].optional {
            operation = .increment(try Self.number(value))
        } else if let value = reader["maximum"].optional {
            operation = .maximum(try Self.number(value))
        } else if let value = reader["minimum"].optional {
            operation = .minimum(try Self.number(value))
        } else if let value = reader["appendMissingElements"].optional {
            operation = .append(try Self.elements(value))
        } else if let value = reader["removeAllFromArray"].optional {
            operation = .remove(try Self.elements(value))
        } else {
            throw reader.mismatch("a transformation")
        }
    }

    private static func number(_ reader: JSONReader) throws -> DocumentValue {
        let value = try DocumentValue(reader)
        switch value {
        case .integer, .double: return value
        default: throw reader.mismatch("an integer or a double")
        }
    }

    private static func elements(_ reader: JSONReader) throws -> [DocumentValue] {
        try (reader["values"].optional?.array() ?? []).map { try DocumentValue($0) }
    }

    /// Changes the fields; returns the value for `transformResults`.
    func apply(to fields: inout [String: DocumentValue], time: Timestamp) -> DocumentValue {
        let old = path.value(in: fields)
        let new: DocumentValue
        var result: DocumentValue?
        switch operation {
        // "with millisecond precision"
        case .requestTime: new = .timestamp(Timestamp(microseconds: time.microseconds / 1000 * 1000))
        case .increment(let amount): new = Self.sum(old, amount)
        case .maximum(let bound): new = Self.extreme(old, bound) { $0 == .less }
        case .minimum(let bound): new = Self.extreme(old, bound) { $0 == .greater }
        case .append(let elements):
            var array = Self.array(old)
            for element in elements where !array.contains(where: { ValueOrder.equal($0, element) }) {
                array.append(element)
            }
            new = .array(array)
            result = .null
        case .remove(let elements):
            let array = Self.array(old)
            new = .array(array.filter { kept in !elements.contains { ValueOrder.equal($0, kept) } })
            result = .null
        }
        path.set(new, in: &fields)
        return result ?? new
    }

    private static func array(_ value: DocumentValue?) -> [DocumentValue] {
        guard case .array(let elements) = value else { return [] }
        return elements
    }

    /// Integers stop at the ends of 64 bits; anything that is no number counts as none.
    private static func sum(_ old: DocumentValue?, _ amount: DocumentValue) -> DocumentValue {
        switch (old, amount) {
        case (.integer(let left), .integer(let right)):
            let (sum, overflow) = left.addingReportingOverflow(right)
            return .integer(overflow ? (right > 0 ? .max : .min) : sum)
        case (.integer(let left), .double(let right)): return .double(Double(left) + right)
        case (.double(let left), .integer(let right)): return .double(left + Double(right))
        case (.double(let left), .double(let right)): return .double(left + right)
        default: return amount
        }
    }

    private static func extreme(
        _ old: DocumentValue?,
        _ bound: DocumentValue,
        replaces: (ValueOrder.Result) -> Bool
    ) -> DocumentValue {
        switch old {
        case .integer(let number):
            return replaces(ValueOrder.compare(.integer(number), bound)) ? bound : .integer(number)
        case .double(let number): return replaces(ValueOrder.compare(.double(number), bound)) ? bound : .double(number)
        default: return bound
        }
    }
}
