public import SignalboxCore

extension TrainerContainer {
    /// The names of the labels that every run carries.
    public enum Label {
        /// The run's name, whole.
        public static let run = "signalbox-run"
        /// ``TrainerContainer/deployment``.
        public static let deployment = "signalbox-deployment"
        /// The job, for people and bills.
        public static let job = "signalbox-job"
        /// The attempt, for people and bills.
        public static let attempt = "signalbox-attempt"
        /// The robot, for people and bills.
        public static let robot = "signalbox-robot"
    }

    /// The labels of a run.
    ///
    /// - Throws: `invalid_order` where the run's name cannot stand in a label: the run could not be found again.
    public func labels(for order: RunOrder) throws(TierError) -> [String: String] {
        guard Self.isRunName(order.name) else {
            throw TierError(
                .invalidOrder,
                "\(order.name) is no name of a run: a letter, then a-z, 0-9 and -, 63 at most"
            )
        }
        return [
            Label.run: order.name, Label.deployment: deployment, Label.job: Self.labelValue(order.jobID),
            Label.attempt: String(order.attempt), Label.robot: Self.labelValue(order.robotID),
        ]
    }

    /// Whether a name can name resources and stand in labels: RFC 1035, section 2.3.1, in small letters.
    public static func isRunName(_ name: String) -> Bool {
        name.utf8.count <= labelLettersMax && name.hasPrefix(RunOrder.prefix) && name.utf8.last != UInt8(ascii: "-")
            && name.utf8.allSatisfy { isLabelByte($0) && $0 != UInt8(ascii: "_") }
    }

    /// A text as a label's value: small letters, digits, `-` and `_`, all else as `_`, cut at the limit.
    public static func labelValue(_ text: String) -> String {
        let bytes = text.lowercased().utf8.prefix(labelLettersMax)
        return String(decoding: bytes.map { isLabelByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
