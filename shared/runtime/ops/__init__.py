"""Operations of a process: start and stop, logs, metrics, traces, watchdog."""
