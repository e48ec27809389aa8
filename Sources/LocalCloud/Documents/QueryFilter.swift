import Wire

/// A condition on documents (https://cloud.google.com/firestore/docs/reference/rest/v1/StructuredQuery#Filter).
indirect enum QueryFilter: Sendable {
    /// How a field is compared.
    enum Comparison: String, Sendable {
        case lessThan = "LESS_THAN"
        case lessThanOrEqual = "LESS_THAN_OR_EQUAL"
        case greaterThan = "GREATER_THAN"
        case greaterThanOrEqual = "GREATER_THAN_OR_EQUAL"
        case equal = "EQUAL"
        case notEqual = "NOT_EQUAL"
        case arrayContains = "ARRAY_CONTAINS"
        case arrayContainsAny = "ARRAY_CONTAINS_ANY"
        case isIn = "IN"
        case isNotIn = "NOT_IN"
    }

    /// What a field is asked.
    enum Question: String, Sendable {
        case isNaN = "IS_NAN"
        case isNull = "IS_NULL"
        case isNotNaN = "IS_NOT_NAN"
        case isNotNull = "IS_NOT_NULL"
    }

    case all([QueryFilter])
    case any([QueryFilter])
    case field(FieldPath, Comparison, DocumentValue)
    case unary(FieldPath, Question)

    /// Reads a `where` member.
    init(_ reader: JSONReader) throws {
        if let composite = reader["compositeFilter"].optional {
            let filters = try composite["filters"].array().map { try QueryFilter($0) }
            switch try composite["op"].string() {
            case "AND": self = .all(filters)
            case "OR": self = .any(filters)
            default: throw composite["op"].mismatch("AND or OR")
            }
        } else if let field = reader["fieldFilter"].optional {
            guard let comparison = Comparison(rawValue: try field["op"].string()) else {
                throw field["op"].mismatch("a comparison")
            }
            let value = try DocumentValue(field["value"])
            if [.arrayContainsAny, .isIn, .isNotIn].contains(comparison) {
                guard case .array(let values) = value, !values.isEmpty,
                    values.count <= LocalCloudLimits.queryDisjunctionsMax
                else {
                    throw field["value"].mismatch("an array of 1 to \(LocalCloudLimits.queryDisjunctionsMax) values")
                }
            }
            self = .field(try FieldPath(parsing: try field["field"]["fieldPath"].string()), comparison, value)
        } else if let unary = reader["unaryFilter"].optional {
            guard let question = Question(rawValue: try unary["op"].string()) else {
                throw unary["op"].mismatch("a question")
            }
            self = .unary(try FieldPath(parsing: try unary["field"]["fieldPath"].string()), question)
        } else {
            throw reader.mismatch("compositeFilter, fieldFilter or unaryFilter")
        }
    }

    /// Whether a document meets the condition; one that lacks the field never does.
    func matches(_ document: Document) -> Bool {
        switch self {
        case .all(let filters): return filters.allSatisfy { $0.matches(document) }
        case .any(let filters): return filters.contains { $0.matches(document) }
        case .field(let path, let comparison, let operand):
            guard let value = document.value(at: path) else { return false }
            return Self.compare(value, comparison, operand)
        case .unary(let path, let question):
            guard let value = document.value(at: path) else { return false }
            return Self.answer(value, question)
        }
    }

    private static func compare(_ value: DocumentValue, _ comparison: Comparison, _ operand: DocumentValue) -> Bool {
        let result = ValueOrder.compare(value, operand)
        let isComparable = ValueOrder.sameType(value, operand)
        switch comparison {
        case .equal: return result == .equal
        case .notEqual: return result != .equal && value != .null
        case .lessThan: return isComparable && result == .less
        case .lessThanOrEqual: return isComparable && result != .greater
        case .greaterThan: return isComparable && result == .greater
        case .greaterThanOrEqual: return isComparable && result != .less
        case .arrayContains: return elements(value).contains { ValueOrder.equal($0, operand) }
        case .arrayContainsAny:
            let wanted = elements(operand)
            return elements(value).contains { element in wanted.contains { ValueOrder.equal($0, element) } }
        case .isIn: return elements(operand).contains { ValueOrder.equal($0, value) }
        case .isNotIn:
            return value != .null && !elements(operand).contains { $0 == .null || ValueOrder.equal($0, value) }
        }
    }

    private static func elements(_ value: DocumentValue) -> [DocumentValue] {
        guard case .array(let elements) = value else { return [] }
        return elements
    }

    private static func answer(_ value: DocumentValue, _ question: Question) -> Bool {
        var isNaN = false
        if case .double(let number) = value { isNaN = number.isNaN }
        switch question {
        case .isNaN: return isNaN
        case .isNull: return value == .null
        case .isNotNaN: return !isNaN && value != .null
        case .isNotNull: return value != .null
        }
    }

    /// The fields that are compared with less and greater, in the order they are named.
    var rangedFields: [FieldPath] {
        switch self {
        case .all(let filters), .any(let filters): filters.flatMap(\.rangedFields)
        case .field(let path, let comparison, _):
            switch comparison {
            case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual, .notEqual, .isNotIn: [path]
            default: []
            }
        case .unary(let path, let question): question == .isNotNaN || question == .isNotNull ? [path] : []
        }
    }
}

extension Document {
    /// The value of a field, `__name__` included.
    func value(at path: FieldPath) -> DocumentValue? {
        path == .name ? .reference(name) : path.value(in: fields)
    }
}
