/// Why a package is refused: closed, stable, fit for a metric's label. `docs/errors.md` says what to do about each.
public enum RefusalCode: String, Sendable, CaseIterable {
    /// The envelope is no DSSE envelope.
    case envelopeMalformed = "envelope_malformed"
    /// The envelope's payload is not an in-toto statement by its payload type.
    case payloadType = "payload_type"
    /// The envelope carries no signature.
    case unsigned
    /// No signature is by a key of the keyring.
    case unknownKey = "unknown_key"
    /// The key may not sign for this environment.
    case keyNotForEnvironment = "key_not_for_environment"
    /// The key may not sign for this robot.
    case keyNotForRobot = "key_not_for_robot"
    /// The key is not valid yet.
    case keyNotYetValid = "key_not_yet_valid"
    /// The key's time is over.
    case keyExpired = "key_expired"
    /// The key was revoked.
    case keyRevoked = "key_revoked"
    /// The signature does not fit the payload.
    case badSignature = "bad_signature"
    /// The signed payload is not a manifest.
    case manifestSchema = "manifest_schema"
    /// The signed `package_id` does not follow from the content.
    case packageID = "package_id"
    /// The manifest belongs to another robot or package than the name it was uploaded under.
    case wrongPlace = "wrong_place"
    /// The manifest is longer than allowed.
    case manifestTooLong = "manifest_too_long"
    /// The archive has another size than the manifest says.
    case archiveSize = "archive_size"
    /// The archive's bytes are not those of the manifest.
    case archiveDigest = "archive_digest"
    /// The archive cannot be read.
    case archiveMalformed = "archive_malformed"
    /// The archive is packed in a way that is not read: another compression, a zstd window too large.
    case compressionUnsupported = "archive_compression_unsupported"
    /// A member of the manifest is not in the archive.
    case memberMissing = "member_missing"
    /// The archive holds a member that the manifest does not name.
    case memberExtra = "member_extra"
    /// Two members have the same name, perhaps in other case.
    case memberDuplicate = "member_duplicate"
    /// A member has another size than the manifest says.
    case memberSize = "member_size"
    /// A member's bytes are not those of the manifest.
    case memberDigest = "member_digest"
    /// A member's name is absolute or holds `..`, NUL or a backslash.
    case memberPathUnsafe = "member_path_unsafe"
    /// A member is a link or a device.
    case memberKind = "member_kind"
    /// A member is encrypted.
    case memberEncrypted = "member_encrypted"
    /// Two places of the archive disagree: local headers and central directory, a tar's headers.
    case directoryMismatch = "directory_mismatch"
    /// There are bytes outside the members.
    case trailingData = "trailing_data"
    /// There are several end records.
    case severalEndRecords = "several_end_records"
    /// A member's name has too many bytes or too many parts.
    case pathLimit = "path_limit"
    /// Too many members.
    case membersLimit = "members_limit"
    /// Too many bytes.
    case bytesLimit = "bytes_limit"
    /// A member unpacks to too many times its packed size.
    case ratioLimit = "ratio_limit"
    /// The episodes are not what they must be; the findings say where.
    case episodeInvalid = "episode_invalid"
}

extension RefusalCode {
    /// Whether another keyring might not refuse: it tells of the signer's key, and not of what was signed.
    var dependsOnKeyring: Bool {
        switch self {
        case .unknownKey, .badSignature, .keyNotForEnvironment, .keyNotForRobot, .keyNotYetValid, .keyExpired,
            .keyRevoked:
            true
        default: false
        }
    }
}

/// A package is refused for good.
public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why.
    public let code: RefusalCode
    /// Which part, for people.
    public let message: String
    /// Which field of the envelope, where it can be told (RFC 6901); what stands in the payload is named as if it stood
    /// there decoded.
    public let pointer: String?

    /// Bytes of a message: parts of it may come from whoever uploaded.
    public static let messageBytesMax = 500

    /// A refusal with a code; a message that is too long is cut.
    public init(_ code: RefusalCode, _ message: String, pointer: String? = nil) {
        self.code = code
        self.pointer = pointer
        self.message = message.prefix(utf8Bytes: Self.messageBytesMax)
    }

    /// `bad_signature: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}
