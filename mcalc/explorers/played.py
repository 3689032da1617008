"""Explorers that go on step by step: by hand, or with the browser's clock."""

from __future__ import annotations

import ipywidgets as W

from .explorer import Explorer


class StepExplorer(Explorer):
    """An explorer with an input ``step``, from 0 to the most there are, and buttons that move it.

    The clock is the browser's: a slow kernel skips ticks.
    """

    def __init__(self, formulas, inputs: dict):
        self.most = inputs["step"].high
        self._clock = W.Play(min=0, max=self.most, interval=60)
        self._clock.layout.display = "none"
        self._play = W.ToggleButton(description="Play", tooltip="Play, or pause")
        self._link = W.jslink((self._play, "value"), (self._clock, "playing"))
        self._next = W.Button(description="Step", tooltip="One step on")
        self._over = W.Button(description="Start over", tooltip="Back to step 0")
        self._next.on_click(lambda _: self._go(min(self.values["step"] + 1, self.most)))
        self._over.on_click(lambda _: self._go(0))
        self._clock.observe(self._ticked, "value")
        self._play.observe(self._labelled, "value")
        buttons = W.HBox([self._play, self._clock, self._next, self._over])
        super().__init__(formulas, inputs, [buttons])
        self.inputs["step"].on_change = self._by_hand

    def show(self):
        super().show()
        self._clock.value = self.values["step"]

    def close(self):
        if hasattr(self, "_link"):
            self._link.close()
        super().close()

    def _labelled(self, change):
        self._play.description = "Pause" if change["new"] else "Play"

    def _go(self, step):
        self.inputs["step"].set(step)
        self._by_hand()

    def _by_hand(self):
        """Whoever takes the step into their own hands stops the clock."""
        self._play.value = False
        self.show()

    def refuse(self, error):
        self._play.value = False  # or the next tick would take the sentence away
        super().refuse(error)

    def _ticked(self, change):
        if self._play.value and change["new"] != self.inputs["step"].value:
            self.inputs["step"].set(change["new"])
            self.show()
