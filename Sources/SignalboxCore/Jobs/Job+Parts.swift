public import Wire

extension Job {
    /// Who may act for the job, and until when without a word.
    public struct Lease: Sendable, Equatable {
        /// A launcher's id, or the run's name.
        public var holder: String
        /// When it runs out.
        public var expiresAt: Timestamp
        /// Since when the tier could not be reached, once the lease had run out.
        public var tierSilentSince: Timestamp?

        /// A lease of its parts.
        public init(holder: String, expiresAt: Timestamp, tierSilentSince: Timestamp? = nil) {
            self.holder = holder
            self.expiresAt = expiresAt
            self.tierSilentSince = tierSilentSince
        }
    }

    /// How far the trainer is.
    public struct Progress: Sendable, Equatable {
        /// Steps done.
        public var step: Int
        /// Steps in all.
        public var totalSteps: Int
        /// The training loss of the last step.
        public var loss: Double

        /// Progress of its parts.
        public init(step: Int, totalSteps: Int, loss: Double) {
            self.step = step
            self.totalSteps = totalSteps
            self.loss = loss
        }

        /// Equal where they are written the same: a loss that is no number is not a change from look to look.
        public static func == (left: Progress, right: Progress) -> Bool {
            left.step == right.step && left.totalSteps == right.totalSteps
                && (left.loss == right.loss || (left.loss.isNaN && right.loss.isNaN))
        }
    }

    /// An attempt that was given up, and why.
    public struct Recovery: Sendable, Equatable {
        /// When.
        public var at: Timestamp
        /// Which attempt.
        public var attempt: Int
        /// Why.
        public var cause: RecoveryCause
        /// Where it ran, or was to run.
        public var place: Place?
        /// What was seen.
        public var evidence: String

        /// Bytes of the evidence that are kept.
        public static let evidenceBytesMax = 512

        /// A recovery of its parts; of the evidence, its first line and its last count.
        public init(at: Timestamp, attempt: Int, cause: RecoveryCause, place: Place?, evidence: String) {
            self.at = at
            self.attempt = attempt
            self.cause = cause
            self.place = place
            self.evidence = evidence.firstAndLastLine.prefix(utf8Bytes: Self.evidenceBytesMax)
        }
    }

    /// Why a job failed.
    public struct Failure: Sendable, Equatable {
        /// Which kind.
        public var code: JobFailureCode
        /// For people.
        public var message: String

        /// Bytes of the message that are kept: the last ones, where the end of a log stands.
        public static let messageBytesMax = 4096

        /// A failure of its parts.
        public init(_ code: JobFailureCode, _ message: String) {
            self.code = code
            self.message = message.suffix(utf8Bytes: Self.messageBytesMax)
        }

        /// The failure with the last lines of a log after its own message: as many as there is room for.
        public func adding(_ lines: [String]) -> Failure {
            var room = Self.messageBytesMax - message.utf8.count
            let kept = lines.reversed().prefix { line in
                room -= line.utf8.count + 1
                return room >= 0
            }
            return Failure(code, ([message] + kept.reversed()).joined(separator: "\n"))
        }
    }

    /// Where the attempt under way runs, and what it costs.
    public struct Placement: Sendable, Equatable {
        /// Where.
        public var place: Place
        /// The price in USD an hour; nil where nobody knows.
        public var usdPerHour: Double?
        /// When the attempt was claimed.
        public var claimedAt: Timestamp
        /// Since when a machine is paid for; nil before that and after.
        public var billedSince: Timestamp?
        /// Whether the run was told of as running, by its tier or its trainer: what never ran costs nothing.
        public var hasRun: Bool
        /// When the trainer that has the attempt first reported; nil before that.
        public var heardSince: Timestamp?
        /// How long the run may take: the policy's limit, or what the spend cap leaves.
        public var runSecondsMax: Int
        /// How many places there were to choose from.
        public var choices: Int

        /// A placement of its parts.
        public init(
            place: Place,
            usdPerHour: Double?,
            claimedAt: Timestamp,
            billedSince: Timestamp? = nil,
            hasRun: Bool = false,
            heardSince: Timestamp? = nil,
            runSecondsMax: Int,
            choices: Int
        ) {
            self.place = place
            self.usdPerHour = usdPerHour
            self.claimedAt = claimedAt
            self.billedSince = billedSince
            self.hasRun = hasRun
            self.heardSince = heardSince
            self.runSecondsMax = runSecondsMax
            self.choices = choices
        }

        /// What it has cost by then, in USD.
        public func spentUSD(by now: Timestamp) -> Double {
            guard let usdPerHour, let billedSince, now > billedSince else { return 0 }
            let paid: Duration = now - billedSince
            return usdPerHour * (paid / Duration.seconds(3600))
        }
    }

    /// For how many seconds of the machine what the spend cap leaves pays; nil where there is no cap, or no price.
    var paidSecondsMax: Int? {
        guard let cap = spendMaxUSD, let price = placement?.usdPerHour, price > 0 else { return nil }
        return Int(min(Double(Job.secondsMax), max(0, cap - spentUSD) / price * 3600))
    }

    /// When the run takes longer than it may, the time to stop in order included; nil while nothing is paid for. Its
    /// time counts from its trainer's first report, as the trainer counts from its start, for a machine may take long
    /// to come that far; what a cap leaves counts from the first second that is paid for.
    var overdueAt: Timestamp? {
        guard let placement, let billedSince = placement.billedSince else { return nil }
        let start = placement.heardSince ?? billedSince + .seconds(JobPolicy.startSecondsMax)
        let end = start + .seconds(placement.runSecondsMax + JobPolicy.stopSeconds)
        guard let cap = spendMaxUSD, let price = placement.usdPerHour, price > 0 else { return end }
        let paidSeconds = max(0, cap - spentUSD) / price * 3600
        // One that lasts longer than any run decides nothing.
        guard paidSeconds < Double(Job.secondsMax) else { return end }
        return min(end, billedSince + .seconds(Int(paidSeconds)))
    }

    /// What keeps the job from going on, though it is not over.
    public struct Problem: Sendable, Equatable {
        /// A closed code, such as `permission_denied`.
        public var code: String
        /// For people.
        public var message: String
        /// Since when.
        public var since: Timestamp

        /// A problem of its parts.
        public init(code: String, message: String, since: Timestamp) {
            self.code = code
            self.message = message.prefix(utf8Bytes: Recovery.evidenceBytesMax)
            self.since = since
        }
    }
}
