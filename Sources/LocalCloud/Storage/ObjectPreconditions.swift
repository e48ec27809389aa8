import Wire

/// What must hold of an object for a request to be carried out
/// (https://cloud.google.com/storage/docs/request-preconditions); generation 0 stands for no object.
struct ObjectPreconditions: Sendable, Equatable {
    var generationMatch: Int64?
    var generationNotMatch: Int64?
    var metagenerationMatch: Int64?
    var metagenerationNotMatch: Int64?

    /// Nothing must hold.
    init() {}

    /// Reads `ifGenerationMatch` and its like, or, with a prefix `ifSource`, those of a copy's source.
    init(_ query: ServerQuery, prefix: String = "if") throws(StorageError) {
        func number(_ name: String) throws(StorageError) -> Int64? {
            guard let text = query[prefix + name] else { return nil }
            guard let number = Int64(text), number >= 0 else {
                throw .invalid("Invalid value for \(prefix + name): \(text)")
            }
            return number
        }
        generationMatch = try number("GenerationMatch")
        generationNotMatch = try number("GenerationNotMatch")
        metagenerationMatch = try number("MetagenerationMatch")
        metagenerationNotMatch = try number("MetagenerationNotMatch")
    }

    /// Preconditions as ``json`` kept them.
    init(stored text: String) throws {
        let reader = try JSON.stored(text)
        generationMatch = reader.value["generationMatch"]?.integerValue
        generationNotMatch = reader.value["generationNotMatch"]?.integerValue
        metagenerationMatch = reader.value["metagenerationMatch"]?.integerValue
        metagenerationNotMatch = reader.value["metagenerationNotMatch"]?.integerValue
    }

    /// The preconditions as JSON.
    var json: JSON {
        let members: [(String, Int64?)] = [
            ("generationMatch", generationMatch), ("generationNotMatch", generationNotMatch),
            ("metagenerationMatch", metagenerationMatch), ("metagenerationNotMatch", metagenerationNotMatch),
        ]
        return .object(
            members.reduce(into: [:]) { object, member in object[member.0] = member.1.map { .integer($0) } }
        )
    }

    /// Checks an object that is about to be written, or the lack of one.
    ///
    /// - Throws: ``StorageError/conditionNotMet``.
    func check(_ object: ObjectRecord?) throws(StorageError) {
        guard matches(object), !isNegated(by: object) else { throw .conditionNotMet }
    }

    /// Checks an object that is about to be read.
    ///
    /// - Throws: ``StorageError/conditionNotMet``, or ``StorageError/notModified`` where a `NotMatch` does not hold.
    func checkRead(_ object: ObjectRecord) throws(StorageError) {
        guard matches(object) else { throw .conditionNotMet }
        guard !isNegated(by: object) else { throw .notModified }
    }

    private func matches(_ object: ObjectRecord?) -> Bool {
        (generationMatch.map { $0 == object?.generation ?? 0 } ?? true)
            && (metagenerationMatch.map { $0 == object?.metageneration } ?? true)
    }

    private func isNegated(by object: ObjectRecord?) -> Bool {
        (generationNotMatch.map { $0 == object?.generation ?? 0 } ?? false)
            || (metagenerationNotMatch.map { $0 == object?.metageneration } ?? false)
    }
}
