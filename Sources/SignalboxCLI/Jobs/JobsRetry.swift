import ArgumentParser
import SignalboxCore
import Wire

extension JobsCommand {
    /// `signalbox jobs retry`.
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a failed job again, under its id and from its newest checkpoint.",
            discussion: "Its budgets of attempts begin anew; what it has spent goes on to count."
        )

        @Argument(help: "The job's id, or the id of its package.")
        var job: String

        @OptionGroup var change: RetryOptions

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let backend = try Backend()
            let id = try await JobReference(job).resolve(backend)
            let ledger = try backend.ledger()
            try change.check(try await ledger.job(id))
            let input = JobInput.retried(tier: change.tier, spendMaxUSD: change.spendMaxUSD)
            let transition = try await ledger.apply(input, to: id)
            guard transition.decision == .reopened else { throw RetryOptions.refusal(of: transition.job) }
            output.answer(JobView(job: transition.job).json, lines(transition.job))
        }

        private func lines(_ job: Job) -> [String] {
            let places = (job.retryTier ?? job.config.tier).map { "on \($0)" } ?? "over the whole ladder"
            let cap = job.spendMaxUSD.map { ", at most \(USD.text($0)) of which \(USD.text(job.spentUSD)) are spent" }
            var lines = ["reopened \(job.id): attempt \(job.attempt + 1) goes \(places)\(cap ?? "")"]
            if let handle = job.handle {
                lines.append("the run of attempt \(job.attempt) is given back first: \(handle)")
            }
            return lines + ["it goes on from its newest checkpoint; follow it: signalbox status \(job.id) --watch"]
        }
    }
}

/// What a retry may change.
struct RetryOptions: ParsableArguments {
    @Option(help: "The compute tier from now on, in place of the config's.")
    var tier: String?

    @Option(name: .customLong("spend-max-usd"), help: "What the job may cost in all, in USD, what is spent included.")
    var spendMaxUSD: Double?

    func validate() throws {
        guard tier.map(Slug.isWellFormed) ?? true else { throw ValidationError("--tier: the name of a tier, please.") }
        guard spendMaxUSD.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--spend-max-usd: an amount above 0, please.")
        }
    }

    /// Why a job is not tried again.
    static func refusal(of job: Job) -> CommandError {
        switch job.phase {
        case .completed: CommandError(.jobCompleted, "\(job.id) is completed: there is nothing to try again")
        case .failed:
            CommandError(.recoveriesFull, "\(job.id): \(job.retryObstacle ?? "it cannot be opened again")")
        case .pending, .launching, .launched, .running:
            CommandError(.jobNotOver, "\(job.id) is \(job.phase.rawValue): only failed jobs are tried again")
        }
    }

    /// A retry that would end at once at its spend cap is no retry.
    func check(_ job: Job) throws(CommandError) {
        guard job.phase == .failed, job.retryObstacle == nil else { return }
        guard let cap = spendMaxUSD ?? job.spendMaxUSD, job.spentUSD >= cap else { return }
        let spent = "\(USD.text(job.spentUSD)) are spent and \(USD.text(cap)) is all that it may cost"
        throw CommandError(.argumentUnusable, "\(job.id): \(spent): name a higher --spend-max-usd")
    }
}
