//! Running the host's function so that a panic in it denies, and takes nothing else down.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// What `run` returns; `None` if it panicked.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    // Whatever a panic left half done in the function is the function's own; what it did to the step is
    // thrown away.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // A payload can panic once more where it is dropped.
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                forget(second);
            }
            None
        }
    }
}

#[expect(
    clippy::mem_forget,
    reason = "the payload of a payload may panic for ever"
)]
fn forget<T>(value: T) {
    core::mem::forget(value);
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Self);
        }
    }

    #[test]
    fn a_panic_is_an_answer() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| -> u8 { panic!("on purpose") }), None);
        assert_eq!(guarded(|| -> u8 { panic_any(Bomb) }), None);
    }
}
