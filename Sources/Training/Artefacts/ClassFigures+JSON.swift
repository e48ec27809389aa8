import Wire

extension ClassFigures {
    /// `<prefix>_accuracy` and `<prefix>_mean_absolute_error`.
    func json(prefix: String) -> [String: JSON] {
        ["\(prefix)_accuracy": .double(accuracy), "\(prefix)_mean_absolute_error": .double(meanAbsoluteError)]
    }

    /// Reads them; nil where there are none.
    init?(_ reader: JSONReader, prefix: String) throws(JSONTypeError) {
        guard let accuracy = reader["\(prefix)_accuracy"].optional else { return nil }
        self.init(
            accuracy: try accuracy.double(),
            meanAbsoluteError: try reader["\(prefix)_mean_absolute_error"].double()
        )
    }
}

extension JSON {
    /// An object with more members; anything else as it is.
    func merging(_ members: [String: JSON]) -> JSON {
        guard case .object(let own) = self else { return self }
        return .object(own.merging(members) { _, new in new })
    }
}
