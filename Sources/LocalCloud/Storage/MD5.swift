/// MD5 (RFC 1321), which Cloud Storage reports as `md5Hash`; it guards against accidents only.
struct MD5: Sendable {
    /// Bytes that are worked on at a time.
    static let blockBytes = 64

    private var words: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
    private var byteCount: UInt64 = 0
    private var pending: [UInt8] = []

    /// Nothing hashed yet.
    init() {}

    /// Goes on from a state kept with ``state`` after that many bytes, a multiple of ``blockBytes``.
    init?(state: [UInt8], byteCount: Int64) {
        guard state.count == 16, byteCount >= 0, byteCount % Int64(Self.blockBytes) == 0 else { return nil }
        self.byteCount = UInt64(byteCount)
        let read = state.withUnsafeBytes { raw in
            (0..<4).map { UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
        words = (read[0], read[1], read[2], read[3])
    }

    /// The 16 bytes from which hashing can go on, or nil inside a block.
    var state: [UInt8]? { pending.isEmpty ? Self.bytes(words) : nil }

    /// Adds bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount &+= UInt64(bytes.count)
        var rest = bytes
        if !pending.isEmpty {
            let taken = min(Self.blockBytes - pending.count, rest.count)
            pending.append(contentsOf: rest[..<taken])
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard pending.count == Self.blockBytes else { return }
            let block = pending
            pending.removeAll(keepingCapacity: true)
            block.withUnsafeBytes { process($0) }
        }
        let whole = rest.count / Self.blockBytes * Self.blockBytes
        process(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
        pending.append(contentsOf: rest[whole...])
    }

    /// The 16 bytes of the digest of all that was added.
    var digest: [UInt8] {
        var copy = self
        let bits = byteCount &* 8
        let zeros = (119 - Int(byteCount % 64)) % 64
        var padding: [UInt8] = [0x80] + [UInt8](repeating: 0, count: zeros)
        padding += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
        padding.withUnsafeBytes { copy.update($0) }
        return Self.bytes(copy.words)
    }

    private static func bytes(_ words: (UInt32, UInt32, UInt32, UInt32)) -> [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
        }
    }

    private mutating func process(_ blocks: UnsafeRawBufferPointer) {
        guard !blocks.isEmpty else { return }
        Self.sines.withUnsafeBufferPointer { sines in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.blockBytes / 4) { block in
                guard let sines = sines.baseAddress, let words = block.baseAddress else { return }
                var offset = 0
                while offset < blocks.count {
                    // Copied, since uploads come at any alignment.
                    let bytes = UnsafeRawBufferPointer(rebasing: blocks[offset..<(offset + Self.blockBytes)])
                    UnsafeMutableRawBufferPointer(block).copyMemory(from: bytes)
                    process(words, sines)
                    offset += Self.blockBytes
                }
            }
        }
    }

    /// One block. Plain loops over pointers, which stay fast where nothing is optimised.
    private mutating func process(_ block: UnsafePointer<UInt32>, _ sines: UnsafePointer<UInt32>) {
        var (a, b, c, d) = words
        var index = 0
        while index < 64 {
            let round = index &>> 4
            let mixed: UInt32
            let word: Int
            let shift: UInt32
            if round == 0 {
                mixed = (b & c) | (~b & d)
                word = index
                shift = Self.shift(0x1611_0C07, index)
            } else if round == 1 {
                mixed = (d & b) | (~d & c)
                word = (5 &* index &+ 1) & 15
                shift = Self.shift(0x140E_0905, index)
            } else if round == 2 {
                mixed = b ^ c ^ d
                word = (3 &* index &+ 5) & 15
                shift = Self.shift(0x1710_0B04, index)
            } else {
                mixed = c ^ (b | ~d)
                word = (7 &* index) & 15
                shift = Self.shift(0x150F_0A06, index)
            }
            let sum = a &+ mixed &+ sines[index] &+ UInt32(littleEndian: block[word])
            a = d
            d = c
            c = b
            b = b &+ (sum &<< shift | sum &>> (32 &- shift))
            index &+= 1
        }
        words = (words.0 &+ a, words.1 &+ b, words.2 &+ c, words.3 &+ d)
    }

    /// The four rotations of a round, one a byte, the first lowest.
    @inline(__always)
    private static func shift(_ rotations: UInt32, _ index: Int) -> UInt32 {
        rotations &>> (8 &* UInt32(truncatingIfNeeded: index & 3)) & 0xFF
    }

    /// `floor(2^32 * abs(sin(i + 1)))`, section 3.4.
    private static let sines: [UInt32] = [
        0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
        0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
        0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
        0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
        0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
        0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
        0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
        0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
    ]
}
