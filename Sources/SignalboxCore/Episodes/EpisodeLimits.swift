/// How much is read of one package's episodes before it is refused; the sizes are also what memory a reader may hold.
public struct EpisodeLimits: Sendable {
    /// Bytes of one line, of one step of a one-file episode, and of that episode without its steps.
    public var lineBytesMax: Int
    /// Bytes of one record of a TFRecord file.
    public var recordBytesMax: Int
    /// Bytes of one description.
    public var metadataBytesMax: Int
    /// Bytes that one gzip file may unpack to.
    public var unpackedBytesMax: Int64
    /// Bytes that all gzip files of a package may unpack to.
    public var packageUnpackedBytesMax: Int64
    /// Steps of one Example that holds a whole episode.
    public var exampleStepsMax: Int
    /// Numbers of one Example that holds a whole episode.
    public var exampleNumbersMax: Int
    /// Episodes.
    public var episodesMax: Int
    /// Stretches of steps of one episode in one file.
    public var partsMax: Int

    /// 1 MiB a line, 64 MiB a record, 1 MiB a description, 8 GiB unpacked and 16 GiB of a package, a million steps and
    /// eight million numbers an Example, 16,384 episodes in 65,536 parts.
    public static let standard = EpisodeLimits()

    /// Limits of one's own.
    public init(
        lineBytesMax: Int = 1 << 20,
        recordBytesMax: Int = 64 << 20,
        metadataBytesMax: Int = 1 << 20,
        unpackedBytesMax: Int64 = 8 << 30,
        packageUnpackedBytesMax: Int64 = 16 << 30,
        exampleStepsMax: Int = 1 << 20,
        exampleNumbersMax: Int = 8 << 20,
        episodesMax: Int = 1 << 14,
        partsMax: Int = 1 << 16
    ) {
        self.lineBytesMax = lineBytesMax
        self.recordBytesMax = recordBytesMax
        self.metadataBytesMax = metadataBytesMax
        self.unpackedBytesMax = unpackedBytesMax
        self.packageUnpackedBytesMax = packageUnpackedBytesMax
        self.exampleStepsMax = exampleStepsMax
        self.exampleNumbersMax = exampleNumbersMax
        self.episodesMax = episodesMax
        self.partsMax = partsMax
    }
}
