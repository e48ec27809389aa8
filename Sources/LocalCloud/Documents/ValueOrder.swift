import Wire

/// The order of all values (https://cloud.google.com/firestore/docs/concepts/data-types): by type, then by value.
enum ValueOrder {
    /// How two values stand to each other.
    enum Result {
        case less
        case equal
        case greater

        /// The other way round.
        var reversed: Result {
            switch self {
            case .less: .greater
            case .equal: .equal
            case .greater: .less
            }
        }
    }

    /// Whether two values are the same to a query; 1 and 1.0 are, and NaN is the same as itself.
    static func equal(_ left: DocumentValue, _ right: DocumentValue) -> Bool { compare(left, right) == .equal }

    /// Whether two values are of one type; integers and doubles are.
    static func sameType(_ left: DocumentValue, _ right: DocumentValue) -> Bool { rank(left) == rank(right) }

    /// Compares two values of any types.
    static func compare(_ left: DocumentValue, _ right: DocumentValue) -> Result {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): return order(left ? 1 : 0, right ? 1 : 0)
        case (.integer(let left), .integer(let right)): return order(left, right)
        case (.integer(let left), .double(let right)): return compare(left, right)
        case (.double(let left), .integer(let right)): return compare(right, left).reversed
        case (.double(let left), .double(let right)): return compare(left, right)
        case (.timestamp(let left), .timestamp(let right)): return order(left, right)
        case (.string(let left), .string(let right)): return lexical(left.utf8, right.utf8)
        case (.bytes(let left), .bytes(let right)): return lexical(left, right)
        case (.reference(let left), .reference(let right)): return compareNames(left, right)
        case (.geoPoint(let leftLatitude, let leftLongitude), .geoPoint(let rightLatitude, let rightLongitude)):
            let result = compare(leftLatitude, rightLatitude)
            return result == .equal ? compare(leftLongitude, rightLongitude) : result
        case (.array(let left), .array(let right)): return compare(left, right)
        case (.map(let left), .map(let right)): return compare(left, right)
        default: return order(rank(left), rank(right))
        }
    }

    /// Compares documents' names id by id.
    static func compareNames(_ left: String, _ right: String) -> Result {
        let left = left.split(separator: "/")
        let right = right.split(separator: "/")
        for (left, right) in zip(left, right) {
            let result = lexical(left.utf8, right.utf8)
            if result != .equal { return result }
        }
        return order(left.count, right.count)
    }

    private static func rank(_ value: DocumentValue) -> Int {
        switch value {
        case .null: 0
        case .boolean: 1
        case .integer, .double: 2
        case .timestamp: 3
        case .string: 4
        case .bytes: 5
        case .reference: 6
        case .geoPoint: 7
        case .array: 8
        case .map: 9
        }
    }

    private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Result {
        left < right ? .less : left == right ? .equal : .greater
    }

    /// NaN stands before all numbers.
    private static func compare(_ left: Double, _ right: Double) -> Result {
        if left.isNaN || right.isNaN { return order(left.isNaN ? 0 : 1, right.isNaN ? 0 : 1) }
        return order(left, right)
    }

    /// Exactly, also where a double cannot hold the integer.
    private static func compare(_ left: Int64, _ right: Double) -> Result {
        if right.isNaN { return .greater }
        if right >= 9_223_372_036_854_775_808 { return .less }
        if right < -9_223_372_036_854_775_808 { return .greater }
        let whole = right.rounded(.down)
        let result = order(left, Int64(whole))
        return result == .equal && right > whole ? .less : result
    }

    private static func lexical(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Result {
        if left.lexicographicallyPrecedes(right) { return .less }
        return right.lexicographicallyPrecedes(left) ? .greater : .equal
    }

    private static func compare(_ left: [DocumentValue], _ right: [DocumentValue]) -> Result {
        for (left, right) in zip(left, right) {
            let result = compare(left, right)
            if result != .equal { return result }
        }
        return order(left.count, right.count)
    }

    private static func compare(_ left: [String: DocumentValue], _ right: [String: DocumentValue]) -> Result {
        let left = left.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let right = right.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (left, right) in zip(left, right) {
            let keys = lexical(left.key.utf8, right.key.utf8)
            if keys != .equal { return keys }
            let values = compare(left.value, right.value)
            if values != .equal { return values }
        }
        return order(left.count, right.count)
    }
}
