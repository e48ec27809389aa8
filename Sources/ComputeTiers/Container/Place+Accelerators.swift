import SignalboxCore

extension Place {
    /// Accelerators of one type in one machine of a cloud's.
    private static let acceleratorsMax = 256

    /// Whether all accelerators are such as a machine of a cloud's has: a type of one word, `nvidia-tesla-t4`, and a
    /// few of it. A cluster's resources may be others.
    var hasMachineAccelerators: Bool {
        accelerators.allSatisfy { accelerator in
            !accelerator.type.isEmpty && !accelerator.type.contains(":")
                && (1...Self.acceleratorsMax).contains(accelerator.count)
        }
    }
}
