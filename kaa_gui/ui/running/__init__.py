"""From a change to threads and back: runner, tasks, mailbox, display."""
