extension EpisodeFinding {
    /// What may be found: closed, stable, fit for a metric's label. `docs/episodes.md` says what to do about each.
    public enum Code: String, Sendable, CaseIterable {
        /// No file of the package holds an episode.
        case episodesMissing = "episodes_missing"
        /// More episodes, or parts of them, than are read of one package.
        case episodesLimit = "episodes_limit"
        /// Two episodes have one id.
        case episodeDuplicate = "episode_duplicate"
        /// A description without steps.
        case stepsMissing = "steps_missing"
        /// Text that is not JSON, or JSON that names a member twice.
        case jsonInvalid = "json_invalid"
        /// A line, or a step of a one-file episode, that is longer than allowed.
        case lineLimit = "line_limit"
        /// A record that is longer than allowed.
        case recordLimit = "record_limit"
        /// A record's length does not have its checksum.
        case recordLengthChecksum = "record_length_checksum"
        /// A record's bytes do not have their checksum.
        case recordDataChecksum = "record_data_checksum"
        /// The file ends within a record.
        case recordTruncated = "record_truncated"
        /// A record is no `tf.train.Example`.
        case exampleMalformed = "example_malformed"
        /// An Example whose features do not make an episode or a step.
        case exampleLayout = "example_layout"
        /// A gzip stream that is damaged, cut short, or followed by other bytes.
        case gzipMalformed = "gzip_malformed"
        /// A gzip stream that unpacks to more than allowed.
        case gzipLimit = "gzip_limit"
        /// A member that every description must have is missing, or the description is.
        case metadataMissing = "metadata_missing"
        /// A member of a description has a type or value that it may not have.
        case metadataInvalid = "metadata_invalid"
        /// A `schema_version` that is not 1.x.
        case schemaVersion = "schema_version"
        /// To be shared in public, and not cleared of personal data, or still to be reviewed.
        case sharingNotCleared = "sharing_not_cleared"
        /// A step lacks a member or has one of a wrong type.
        case stepInvalid = "step_invalid"
        /// Steps out of order, missing or twice.
        case stepOrder = "step_order"
        /// Observations or actions of different widths or sources in one episode.
        case stepWidth = "step_width"
        /// A step earlier than the one before it.
        case timeOrder = "time_order"
        /// Video, depth and robot state of one step further apart than allowed.
        case framesApart = "frames_apart"
        /// An episode in which no step has an action.
        case actionsMissing = "actions_missing"
        /// A step that ends the episode and is not its last.
        case terminalEarly = "terminal_early"
        /// A file outside `blobs/` that holds no episode in a known format; it is left alone.
        case fileUnrecognised = "file_unrecognised"

        /// What it means for the package.
        public var severity: Severity {
            switch self {
            case .actionsMissing, .terminalEarly, .fileUnrecognised: .warning
            default: .error
            }
        }
    }
}
