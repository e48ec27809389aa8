/*
 * The lifecycle of one job, modelled apart from the code. README.md says what is checked, and what is not.
 *
 * Every step on the document is one atomic step here, as a compare-and-swap that reads again after a conflict makes
 * it; only a launcher's look and its claim are apart, so that the compare-and-swap itself can be left out (NO_CAS).
 * Time is abstract: a lease is fresh or not, and the clock may let it run out at any moment.
 */

#ifndef LAUNCHERS
#define LAUNCHERS 2
#endif
#ifndef RUNS
#define RUNS 3
#endif
#ifndef FAULTS
#define FAULTS 2        /* crashes, lost answers, early expiries, refusals, preemptions, outages: in all */
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2      /* and one more after a retry */
#endif
#ifndef CANCELS
#define CANCELS 1
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#ifndef BEATS
#define BEATS 2
#endif

/* Phases, in an order in which the terminal ones come last. */
#define PENDING 0
#define LAUNCHING 1
#define LAUNCHED 2
#define RUNNING 3
#define COMPLETED 4
#define FAILED 5
#define terminal (phase >= COMPLETED)

/* States of a run at the tier. */
#define NONE 0
#define ALIVE 1
#define ASKED 2         /* to stop: the trainer may still checkpoint */
#define OVER 3
#define alive(r) (state[r] == ALIVE || state[r] == ASKED)

/* Runs and attempts count from 1; 0 is none. */

/* The document. */
byte phase = PENDING;
byte attempt;
byte handle;
byte runner;
bit fresh;              /* the lease */
byte holder;            /* the launcher at work while launching; 0: it stopped */
bit silent, silentDue;  /* the tier too; for a whole lease */
bit oldLease;           /* the lease of the runner before has not run out */
bit overdue;            /* the run takes longer than it may */
bit cancelRequested, stopRequested;
bit stopDue;            /* a trainer that was asked to stop for a cancel has had its time */
byte published;

/* The tier. */
byte state[RUNS + 1];
byte attemptOf[RUNS + 1];   /* the attempt in the run's name */
bit hung[RUNS + 1];     /* the trainer does nothing any more, and does not end */
bit tierUp = 1;

/* What the checks remember. */
byte look[LAUNCHERS];   /* of a launcher that has not decided yet: 1, or 2 if the document was written since */
bit known[RUNS + 1];    /* the trainer knows that it is the runner */
bit lost[RUNS + 1];     /* and another took the attempt from it, or the attempt was given up */
bit writer[RUNS + 1];   /* it may write checkpoints, logs and models */

byte faults = FAULTS;
byte attemptsMax = ATTEMPTS;
byte cancels = CANCELS;
byte retries = RETRIES;
byte i;                 /* of loops inside of atomic steps; 0 outside */

#define fault faults > 0 -> faults--

inline touch() {
    i = 0;
    do
    :: i < LAUNCHERS ->
        if
        :: look[i] == 1 -> look[i] = 2
        :: else
        fi;
        i++
    :: else -> i = 0; break
    od
}

/* Terminal states absorb; only a retry leaves `failed`, and does not come by here. */
inline move(to) {
    assert(!terminal);
    phase = to;
    touch()
}

inline loseAll() {
    i = 1;
    do
    :: i <= RUNS -> lost[i] = (lost[i] || (known[i] && attemptOf[i] == attempt)); i++
    :: else -> i = 0; break
    od
}

/* The end of an attempt. `isLast`: of the job too. */
inline settle(isLast) {
    loseAll();
    fresh = 0; holder = 0; runner = 0; silent = 0; silentDue = 0; overdue = 0; stopDue = 0;
    if
    :: (isLast) -> move(FAILED)
    :: else -> move(PENDING)
    fi
}

/* One that is told to end while its lease is fresh may write until that has run out. */
inline settleUnheard(isLast) {
#ifndef NO_OLD_LEASE
    oldLease = (oldLease || (fresh && phase == RUNNING));  /* one that is remembered stays so */
#endif
    settle(isLast)
}

#define exhausted (stopRequested || attempt >= attemptsMax)

/* A trainer that is heard, and has its time to checkpoint and stop. */
#define hasTime (phase == RUNNING && fresh && !stopDue && !overdue)

inline renewLease() {
    fresh = 1; silent = 0; silentDue = 0
}

/* A run of that attempt that lives, else one that does not, and of these the oldest: as `find` answers. */
inline find(a, answer) {
    i = 1; answer = 0;
    do
    :: i <= RUNS ->
        if
        :: state[i] != NONE && attemptOf[i] == a && (answer == 0 || (!alive(answer) && alive(i))) -> answer = i
        :: else
        fi;
        i++
    :: else -> i = 0; break
    od
}

inline create(a, answer) {
    i = 1; answer = 0;
    do
    :: i <= RUNS ->
        if
        :: state[i] == NONE && answer == 0 -> answer = i
        :: else
        fi;
        i++
    :: else -> i = 0; break
    od;
    if
    :: answer != 0 ->
        /* Nothing is launched that no document claims. */
        assert(a <= attempt);
        state[answer] = ALIVE; attemptOf[answer] = a
    :: else
    fi
}

inline die(r) {
    state[r] = OVER; writer[r] = 0; known[r] = 0; lost[r] = 0; hung[r] = 0
}

proctype Launcher(byte me) {
    byte a, h, found;     /* what the look saw: the attempt, its handle; what the tier answered */
    byte p;

idle:
    atomic {
        a = 0; h = 0; found = 0; p = 0; look[me] = 0;
        if
        :: holder == me + 1 -> holder = 0
        :: else
        fi
    };
end_idle:
    atomic {
        !terminal && ((cancelRequested && !(hasTime && stopRequested)) || (phase == PENDING && !oldLease) || phase == LAUNCHED || (phase != PENDING && (!fresh || overdue))) ->
        a = attempt; h = handle; look[me] = 1;
        if
        :: cancelRequested -> goto cancel
        :: !cancelRequested && phase == PENDING && h != 0 -> goto release
        :: !cancelRequested && phase == PENDING && h == 0 -> goto claim
        :: !cancelRequested && phase == LAUNCHING -> h = 0; goto takeOver
        :: !cancelRequested && phase > LAUNCHING && overdue -> goto late
        :: !cancelRequested && phase > LAUNCHING && !overdue -> look[me] = 0; goto inspect
        fi
    };

cancel:
    atomic {
        if
        :: look[me] == 2 -> goto idle
#ifndef NO_ASK
        :: look[me] != 2 && hasTime ->
            if
            :: !stopRequested -> stopRequested = 1; touch()
            :: else
            fi;
            goto idle
#endif
        :: else ->
            /* A trainer that is heard is asked before it is ended. */
            assert(phase != RUNNING || !fresh || overdue || (stopRequested && stopDue));
            settleUnheard(1)
        fi
    };
    atomic {
        if
        :: h != 0 && tierUp && state[h] == ALIVE -> state[h] = ASKED
        :: else
        fi;
        goto idle
    };

late:
    atomic {
        if
        :: look[me] == 2 -> goto idle
        :: else -> settleUnheard(exhausted); goto idle
        fi
    };

release:
#ifndef NO_RELEASE
    if
    :: atomic { tierUp ->
        if
        :: state[h] == ALIVE -> state[h] = ASKED
        :: else
        fi }
    :: atomic { !tierUp && fault; p = OVER; goto claim }    /* for ten minutes */
    :: atomic { !tierUp -> goto idle }
    fi;
    atomic {
        if
        :: tierUp && !alive(h) && phase == PENDING && attempt == a -> handle = 0; touch(); goto idle
        :: else -> goto idle
        fi
    };
#endif

claim:
#ifdef LAUNCH_FIRST
    atomic { find(a + 1, found); if :: found == 0 -> create(a + 1, found) :: else fi };
#endif
    atomic {
        if
#ifndef NO_CAS
        :: look[me] == 2 -> goto idle
#endif
        :: else ->
#ifdef NO_CAS
            if
            :: look[me] == 2 && terminal -> assert(0)       /* a job that is over would be opened again */
            :: look[me] == 2 && a < attempt -> assert(0)    /* an attempt would be given out twice */
            :: else
            fi;
#endif
            /* The run that the document knew of is over, or its tier was silent for long. */
            assert(h == 0 || !alive(h) || p == OVER);
            move(LAUNCHING);
            assert(a + 1 > attempt);
            attempt = a + 1; a = attempt; handle = 0; holder = me + 1; runner = 0; renewLease(); look[me] = 0; h = 0; p = 0;
#ifndef LAUNCH_FIRST
            if
            :: goto launch
            :: fault; goto idle
            fi
#endif
        fi
    };
#ifdef LAUNCH_FIRST
    goto report;
#endif

takeOver:
    atomic {
        if
        :: look[me] == 2 -> goto idle
        :: else -> holder = me + 1; renewLease(); touch(); look[me] = 0
        fi
    };
    if
    :: atomic { tierUp -> find(a, found);
        if
        :: found != 0 -> goto report
        :: else
        fi }
    :: atomic { !tierUp -> goto idle }
    :: atomic { fault; goto idle }
    fi;

launch:
    /* Look, then create: with an API that is not atomic two launchers may both create. */
    if
    :: atomic { tierUp -> find(a, found) }
    :: atomic { !tierUp -> goto idle }
    fi;
    if
    :: atomic { tierUp && found != 0 -> goto report }
    :: atomic { tierUp && found == 0 -> create(a, found);
        if
        :: found == 0 -> goto refused
        :: found != 0 -> goto report
        :: found != 0 && fault; goto idle   /* the answer is lost, or the launcher stops */
        fi }
    :: atomic { tierUp && found == 0 && fault; goto refused }
    :: atomic { !tierUp -> goto idle }
    fi;

refused:
    atomic {
        if
        :: phase == LAUNCHING && attempt == a -> handle = 0; settle(exhausted)
        :: else
        fi;
        goto idle
    };

report:
    atomic {
        if
        :: attempt == a && phase != PENDING && !terminal ->
            if
            :: handle == 0 -> handle = found; touch()
            :: else
            fi;
            if
            :: phase == LAUNCHING -> move(LAUNCHED); holder = 0; renewLease()
            :: else
            fi
        :: else
        fi;
        goto idle
    };

inspect:
#ifdef ONE_SIDE
    atomic {
        if
        :: phase == RUNNING && attempt == a && !fresh -> found = handle; goto judge
        :: else
        fi
    };
#endif
    if
    :: atomic { tierUp ->
        if
        :: h != 0 && alive(h) -> found = h
        :: else -> find(a, found)   /* of two the other one may live, and have the attempt */
        fi;
        if
        :: found != 0 && alive(found) -> p = ALIVE
        :: else -> p = OVER
        fi;
        h = 0 }
    :: atomic { !tierUp -> p = NONE; h = 0 }
    :: atomic { fault; goto idle }
    fi;
judge:
    atomic {
        if
        :: !((phase == LAUNCHED || phase == RUNNING) && attempt == a && (!fresh || phase == LAUNCHED)) -> skip
#ifdef ONE_SIDE
        :: else ->
            /* A run that its tier can be asked about and calls alive is not given up. */
            assert(!(tierUp && found != 0 && alive(found)));
            settle(exhausted)
#else
        :: else ->
            if
            :: p == ALIVE && !fresh -> renewLease(); touch()
            :: p == ALIVE && fresh -> skip
            :: p == OVER -> assert(found == 0 || !alive(found)); settle(exhausted)
            :: p == NONE && fresh -> skip
            :: p == NONE && !fresh && !silentDue -> silent = 1; touch()
            :: p == NONE && !fresh && silentDue -> settle(exhausted)
            fi
#endif
        fi;
        goto idle
    }
}

/* Whether a trainer of the attempt may still report. */
#define current(r) (!terminal && phase != PENDING && attemptOf[r] == attempt)
#ifdef NO_FENCE
#define taken(r) 0
#define mayReport(r) current(r)
#else
#ifdef ANY_WORD
/* Whoever comes while no other's lease is fresh. */
#define taken(r) (phase == RUNNING && runner != r && fresh)
#define mayReport(r) (current(r) && !taken(r))
#else
/* Only a first word takes an attempt over; whoever was the runner once must find itself there. */
#define taken(r) (phase == RUNNING && runner != r && (fresh || known[r]))
#define mayReport(r) (current(r) && phase == RUNNING && runner == r)
#endif
#endif

inline accept(r) {
    assert(!lost[r]);
    if
    :: runner != 0 && runner != r && known[runner] -> lost[runner] = 1
    :: else
    fi
}

inline beginWriting(r) {
    i = 1;
    do
    :: i <= RUNS -> assert(i == r || !writer[i]); i++
    :: else -> i = 0; break
    od;
    known[r] = 1; writer[r] = 1
}

/* For the checks of liveness a trainer beats so often at most before it ends. */
#ifdef LIVENESS
#define mayBeat (beats < BEATS)
#define countBeat() if :: beats < BEATS -> beats++ :: else fi
#else
#define mayBeat true
#define countBeat() skip
#endif

proctype Trainer(byte r) {
#ifdef LIVENESS
    byte beats;
#endif
end_wait:
    state[r] != NONE;
beat:
    atomic {
        if
        :: state[r] == OVER -> goto end
        :: alive(r) && fault; hung[r] = 1; goto hang
        :: alive(r) && !current(r) -> goto stop
        :: alive(r) && current(r) && taken(r) -> goto stop
        :: alive(r) && current(r) && !taken(r) ->
            accept(r);
            runner = r; holder = 0; renewLease();
            move(RUNNING);
            if
            :: cancelRequested -> stopRequested = 1
            :: !cancelRequested -> stopRequested = 1    /* the spend cap */
            :: !cancelRequested
            fi;
            if
            :: beginWriting(r)
            :: fault                        /* the answer is lost: it beats again */
            fi;
            countBeat();
            if
            :: known[r] && mayBeat && !stopRequested && state[r] == ALIVE -> goto beat
            :: known[r] && (stopRequested || state[r] == ASKED) -> goto preempted
            :: known[r] && state[r] == ALIVE -> goto finish
            :: !known[r] -> goto beat
            :: fault; goto stop             /* it crashes */
            fi
        fi
    };
finish:
    atomic {
        writer[r] = 0;                      /* all is written */
        if
        :: state[r] == OVER -> goto end
        :: alive(r) && mayReport(r) ->
            accept(r);
            if
            :: published++; move(COMPLETED); assert(published == 1)
            :: move(FAILED)
            fi;
            loseAll();
            fresh = 0; holder = 0; runner = 0; silent = 0; silentDue = 0; overdue = 0; stopDue = 0;
            if
            :: goto stop
            :: fault; goto finish           /* the answer is lost: it reports again */
            fi
        :: alive(r) && !mayReport(r) -> goto stop
        fi
    };
preempted:
    atomic {
        writer[r] = 0;                      /* the checkpoint is written */
        if
        :: state[r] == OVER -> goto end
        :: alive(r) && mayReport(r) -> accept(r); settle(exhausted); goto stop
        :: alive(r) && !mayReport(r) -> goto stop
        fi
    };
hang:
    state[r] == OVER -> goto end;
stop:
    atomic { if :: alive(r) -> die(r) :: else fi };
end:
    skip
}

proctype Tier() {
end:
    do
    :: atomic { !tierUp -> tierUp = 1 }
    :: atomic { tierUp && fault; tierUp = 0 }
    :: atomic { fault; i = 1;
        do
        :: i <= RUNS && alive(i) -> die(i); break     /* preempted, or its machine failed */
        :: i < RUNS -> i++
        :: i == RUNS -> break
        od;
        i = 0 }
    :: atomic { (state[1] == ASKED || state[2] == ASKED || state[RUNS] == ASKED) -> i = 1;
        do
        :: state[i] == ASKED -> die(i); break
        :: else -> i++
        od;
        i = 0 }
    od
}

proctype Clock() {
end:
    do
    :: atomic { fresh && (phase == LAUNCHED || (phase == LAUNCHING && holder == 0)) -> fresh = 0 }
    :: atomic { fresh && phase == LAUNCHING && holder != 0 && fault; fresh = 0 }
    :: atomic { fresh && phase == RUNNING && !alive(runner) -> fresh = 0 }
    :: atomic { fresh && phase == RUNNING && alive(runner) && fault; fresh = 0;
#ifndef NO_SELF_FENCE
        writer[runner] = 0              /* its own count of the lease has run out before the document's */
#endif
        }
    :: atomic { fresh && phase == RUNNING && hung[runner] -> fresh = 0;
#ifndef NO_SELF_FENCE
        writer[runner] = 0
#endif
        }
    :: atomic { silent && !silentDue -> silentDue = 1 }
    :: atomic { oldLease -> oldLease = 0;
#ifndef NO_SELF_FENCE
        i = 1;
        do
        :: i <= RUNS -> writer[i] = 0; i++
        :: else -> i = 0; break
        od
#endif
        }
    od
}

/* The time limit of a run, and of its stop. */
proctype Deadline() {
end:
    do
    :: atomic { !overdue && ((phase == LAUNCHED && hung[handle]) || (phase == RUNNING && hung[runner])) ->
        overdue = 1 }
    :: atomic { phase == RUNNING && cancelRequested && stopRequested && !stopDue -> stopDue = 1 }
    od
}

/* What the document says of a run that the tier lists. */
#ifdef SWEEP_SECOND
#define second(r) (attemptOf[r] == attempt && phase >= LAUNCHED && phase <= RUNNING && handle != 0 && handle != r)
#else
#define second(r) 0
#endif
#define orphan(r) (state[r] == ALIVE && (terminal || attemptOf[r] < attempt || (phase == PENDING && handle != r) || second(r)))

#ifndef NO_SWEEP
proctype Sweep() {
end:
    do
    :: atomic { tierUp && (orphan(1) || orphan(2) || orphan(RUNS)) -> i = 1;
        do
        :: orphan(i) ->
            /* The run of the trainer that is heard is nobody's orphan. */
            assert(!(phase == RUNNING && runner == i && fresh));
            state[i] = ASKED; break
        :: else -> i++
        od;
        i = 0 }
    od
}
#endif

proctype Human() {
end:
    do
    :: atomic { !terminal && !cancelRequested && cancels > 0 -> cancels--; cancelRequested = 1; touch() }
    :: atomic { phase == FAILED && retries > 0 ->
        retries--; attemptsMax = attempt + 1; cancelRequested = 0; stopRequested = 0; phase = PENDING; touch() }
    od
}

#ifdef LIVENESS
/* So that a state in which nothing happens any more is an endless run like any other. */
bit tick;
proctype Idle() {
    do
    :: tick = 1 - tick
    od
}
#endif

init {
    atomic {
#ifdef LIVENESS
        run Idle();
#endif
        run Trainer(1); run Trainer(2);
#if RUNS > 2
        run Trainer(3);
#endif
        run Tier(); run Clock(); run Deadline(); run Human();
#ifndef NO_SWEEP
        run Sweep();
#endif
        run Launcher(0);
#if LAUNCHERS > 1
        run Launcher(1)
#endif
    }
}

/* Once the faults have ended the job ends, and no run outlives it. */
#ifdef LIVENESS
#define allOver (!alive(1) && !alive(2) && !alive(RUNS))
ltl ends { <>[] (terminal && allOver) }
#endif
