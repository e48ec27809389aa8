import ArgumentParser
import SignalboxCore
import Wire

extension JobsCommand {
    /// `signalbox jobs plan`.
    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show where a job would run and what that costs, before anything runs.",
            discussion: """
                Without JOB, for a package with the training options that are given: no cloud is asked. With JOB, for \
                the next attempt of that job, with what it has spent and where the reckoning has drifted; --tier and \
                --spend-max-usd then show what `signalbox jobs retry` would do with them.
                """
        )

        @Argument(help: "The job's id, or the id of its package.")
        var job: String?

        @OptionGroup var training: TrainingOptions

        @Option(help: "The places in order, in place of SIGNALBOX_LADDER.")
        var ladder: String?

        @Option(help: "A price table in JSON, in place of SIGNALBOX_PRICES and the built-in one.")
        var prices: String?

        @Option(help: "Show what so many hours of training cost at each place.")
        var hours: Double?

        @Option(name: .customLong("billed-usd"), help: "What the provider's bill says for the job, to be compared.")
        var billedUSD: Double?

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard hours.map({ $0 > 0 && $0.isFinite }) ?? true else {
                throw ValidationError("--hours: a number above 0, please.")
            }
            guard billedUSD.map({ $0 >= 0 && $0.isFinite }) ?? true else {
                throw ValidationError("--billed-usd: an amount, 0 or more, please.")
            }
            guard job != nil || billedUSD == nil else {
                throw ValidationError("--billed-usd: name the JOB that the bill is for, please.")
            }
            guard job == nil || !training.namesMoreThanARetry else {
                throw ValidationError("JOB has its config: only --tier and --spend-max-usd can be tried on it.")
            }
        }

        func run() async throws {
            let view = if let job { try await view(of: job) } else { try view() }
            output.answer(view.json, view.lines)
        }

        /// The plan of a job that does not exist yet.
        private func view() throws -> JobPlanView {
            let sources = try PlanSources(try Surroundings.current(), ladder: ladder, prices: prices)
            let config = try training.config() ?? .standard
            let priced = try sources.priced(for: config.tier)
            let now = SystemClock().now()
            let plan = JobPlan(priced, config: config, policy: try sources.settings.jobPolicy(), now: now)
            return JobPlanView(plan: plan, table: sources.table, hours: hours)
        }

        /// The plan of a job's next attempt.
        private func view(of reference: String) async throws -> JobPlanView {
            let backend = try Backend()
            let id = try await JobReference(reference).resolve(backend)
            let found = try await backend.ledger().job(id)
            let sources = try PlanSources(backend.surroundings, ladder: ladder, prices: prices)
            let (policy, now) = (try sources.settings.jobPolicy(), backend.clock.now())
            let job = try changed(found, policy, now)
            let priced = try sources.priced(for: job.retryTier ?? job.config.tier)
            var view = JobPlanView(
                plan: JobPlan(priced, for: job, policy: policy, now: now),
                table: sources.table,
                hours: hours
            )
            view.job = job
            view.billedUSD = billedUSD
            view.drifts = drifts(of: found, sources, now)
            return view
        }

        /// The job as a retry would leave it, where it failed.
        private func changed(_ job: Job, _ policy: JobPolicy, _ now: Timestamp) throws -> Job {
            let tier = try training.config()?.tier
            let retry = JobInput.retried(tier: tier, spendMaxUSD: training.spendMaxUSD)
            if job.phase == .failed {
                let transition = JobLifecycle(policy: policy).step(job, retry, now: now)
                guard transition.decision == .reopened else { throw RetryOptions.refusal(of: job) }
                return transition.job
            }
            guard tier == nil, training.spendMaxUSD == nil else {
                let phase = job.phase.rawValue
                let code: CommandError.Code = job.phase == .completed ? .jobCompleted : .jobNotOver
                throw CommandError(code, "\(job.id) is \(phase): --tier and --spend-max-usd are for failed jobs")
            }
            return job
        }

        private func drifts(of job: Job, _ sources: PlanSources, _ now: Timestamp) -> [PriceDrift] {
            let placement = job.placement
            let today = placement.flatMap { sources.usdPerHour($0.place) }
            return [
                PriceDrift(.usdPerHour, reckoned: placement?.usdPerHour, actual: today),
                PriceDrift(measured: job, hours: hours, usdPerHour: today),
                PriceDrift(.billedUSD, reckoned: job.spentUSD(by: now), actual: billedUSD),
            ].compactMap { $0 }
        }
    }
}
