"""What if: plays a run again up to a step, and goes on from there with a change."""
