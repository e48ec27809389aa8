import Testing

/// The tests that run programs: one after another, for each takes all cores.
@Suite(.serialized) struct OnTheDevice {}
