//! A map for a few keys in a vector, whose code is much smaller than a tree's, because the page's size
//! matters.

/// Keys, each with a value.
#[derive(Clone, Debug)]
pub(crate) struct Table<K, V>(Vec<(K, V)>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V> Table<K, V> {
    fn place(&self, key: &K) -> Option<usize> {
        self.0.iter().position(|(other, _)| other == key)
    }

    /// Returns the value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.place(key).map(|place| &self.0[place].1)
    }

    /// Returns the value of a key, mutably.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.place(key).map(|place| &mut self.0[place].1)
    }

    /// Sets the value of a key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.get_mut(&key) {
            Some(slot) => *slot = value,
            None => self.0.push((key, value)),
        }
    }

    /// Keeps the keys that pass a test.
    pub(crate) fn retain(&mut self, test: impl Fn(&K) -> bool) {
        self.0.retain(|(key, _)| test(key));
    }

    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }
}

impl<K: Ord, V> Table<K, V> {
    /// Removes and returns the lowest key and its value.
    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        let (place, _) = self.0.iter().enumerate().min_by(|(_, a), (_, b)| a.0.cmp(&b.0))?;
        Some(self.0.swap_remove(place))
    }
}

/// Adds an item unless it is in the list.
pub(crate) fn note<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_value_and_the_lowest_goes_first() {
        let mut table = Table::default();
        [(3, "c"), (1, "a"), (3, "d"), (2, "b")]
            .into_iter()
            .for_each(|(key, value)| table.insert(key, value));
        assert_eq!((table.get(&3), table.get(&7)), (Some(&"d"), None));
        table.retain(|key| *key != 2);
        assert_eq!(
            [table.pop_first(), table.pop_first(), table.pop_first()],
            [Some((1, "a")), Some((3, "d")), None]
        );
    }
}
