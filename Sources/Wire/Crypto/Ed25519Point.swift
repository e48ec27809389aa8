/// Which 32 bytes may stand for a point, as a public key or as a signature's R.
///
/// OpenSSL follows RFC 8032 in what it computes, and takes keys that anybody can sign for and points in several
/// spellings. The rule here is the strictest in use ("Taming the many EdDSAs", Chalkias, Garillot and Nikolaenko, 2020,
/// section 5; `verify_strict` of ed25519-dalek): a point is in its canonical form and not of small order. OpenSSL adds
/// that S < L, and that S B = R + h A holds without a cofactor, so that all verifiers who keep the rule agree.
enum Ed25519Point {
    /// The y of all points of small order (order 1 and 2: 1 and -1; order 4: 0; order 8: two more), lowest byte first.
    private static let smallOrder: [[UInt8]] = [
        [0] + [UInt8](repeating: 0, count: 31),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]

    /// Whether 32 bytes are in canonical form and not a point of small order; that they are a point at all is for
    /// OpenSSL to see.
    static func isStrict(_ bytes: some Collection<UInt8>) -> Bool {
        var y = Array(bytes)
        guard y.count == 32 else { return false }
        y[31] &= 0x7F
        return isReduced(y) && !smallOrder.contains(y)
    }

    /// Whether y is below p = 2^255 - 19, which is 0xED, thirty times 0xFF, 0x7F.
    private static func isReduced(_ y: [UInt8]) -> Bool {
        y[31] != 0x7F || y[0] < 0xED || y[1..<31].contains { $0 != 0xFF }
    }
}
