"""The rules of dispatch: pure functions on values that know no event, store, broker or clock."""
