"""An audit at work: checked before it runs, done stage by stage, summed up, or answered from an earlier one."""
