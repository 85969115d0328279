//! Text that is written piece by piece, each with room enough for the longest that it could be: what is
//! copied then has a known length, for which there is no call, and no branch on how much of it counts.

/// Octets of which so many count.
pub(super) struct Writer {
    octets: Vec<u8>,
    end: usize,
}

impl Writer {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            octets: vec![0; capacity],
            end: 0,
        }
    }

    /// Has `write` put something in front, and tell how much of it counts.
    pub(super) fn write<const ROOM: usize>(
        &mut self,
        write: impl FnOnce(&mut [u8; ROOM]) -> usize,
    ) {
        self.make_room(ROOM);
        let room = self
            .octets
            .get_mut(self.end..)
            .and_then(<[u8]>::first_chunk_mut);
        if let Some(room) = room {
            self.end += write(room).min(ROOM);
        }
    }

    /// The same with as much room as is asked for.
    pub(super) fn write_slice(&mut self, room: usize, write: impl FnOnce(&mut [u8]) -> usize) {
        let most = self.make_room(room);
        if let Some(slice) = self.octets.get_mut(self.end..most) {
            self.end += write(slice).min(room);
        }
    }

    /// How much was written.
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// Writes once more what was written from a place to another.
    pub(super) fn repeat(&mut self, from: usize, to: usize) {
        if from <= to && to <= self.end {
            let most = self.make_room(to - from);
            self.octets
                .copy_within(from..to, self.end);
            self.end = most;
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.octets.truncate(self.end);
        self.octets
    }

    /// Makes room for so many octets more, and tells where they would end.
    fn make_room(&mut self, room: usize) -> usize {
        let most = self.end.saturating_add(room);
        if most > self.octets.len() {
            self.octets
                .resize(most.saturating_mul(2), 0);
        }
        most
    }
}
