"""Twenty students on a JupyterHub of their own, all at once: for `make test-hub`.

Each logs in, gets a server, opens a chapter, runs it to its end and moves a slider; all servers and
kernels stay until they have been measured. With `--students=1` one is measured alone.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import mean

import classroom
import pytest
from hub import machine
from hub.student import Student
from load import MEGA

import notebooks
from notebooks import Failed

MEAN, MOST = 190, 300  # MB: for a student on average, and for any of them


class Day:
    """A class on a hub, from the first who comes to the last who is still there."""

    def __init__(self, hub, number):
        chapters = [p for p in classroom.chapters() if classroom.exercises(notebooks.read(p))]
        given = [chapters[k % len(chapters)] for k in range(number)]
        self.students = [Student(hub, f"s{k:02}", path) for k, path in enumerate(given, 1)]
        self.hub, self.seconds, self.peak = hub, {}, 0

    async def hold(self):
        threads = ThreadPoolExecutor(2 * len(self.students))
        asyncio.get_running_loop().set_default_executor(threads)
        self.start, watching = time.monotonic(), asyncio.create_task(self._watch())
        for what in "come", "open", "run", "slide":
            await self._all(what)
        watching.cancel()
        self._measure()
        await self._all("stay")
        self.errors = self.hub.errors()

    async def _all(self, what):
        await asyncio.gather(*(self._one(student, what) for student in self.students))
        self.seconds[what] = time.monotonic() - self.start

    async def _one(self, student, what):
        """Who has failed does no more, and the others go on."""
        if not student.fault:
            try:
                await getattr(student, what)()
            except Failed as failure:
                student.fault = what, f"{student}: {failure}"

    async def _watch(self):
        while True:
            self.peak = max(self.peak, sum(self.hub.memory()))
            await asyncio.sleep(5)

    def _measure(self):
        """Memory of each student's server and kernels, while all of them are alive."""
        self.own, students = self.hub.memory()
        self.peak = max(self.peak, self.own + students)
        self.taken = {s: self.hub.memory_of(s.name) for s in self.students if s.ran}

    def faults(self, *stages):
        return [
            why for stage, why in (s.fault for s in self.students if s.fault) if stage in stages
        ]

    def totals(self):
        return {student: sum(taken) for student, taken in self.taken.items()}

    def __str__(self):
        rows = [
            ("all servers ready after", f"{self.seconds['come']:.0f} s"),
            ("all chapters run after", f"{self.seconds['run']:.0f} s"),
            ("the hub and its proxy", f"{self.own / MEGA:.0f} MB"),
            ("everything, at its peak", f"{self.peak / MEGA:.0f} MB"),
        ]
        if self.taken:
            servers, kernels = zip(*self.taken.values(), strict=True)
            each = list(self.totals().values())
            for name, values in [("server", servers), ("kernel", kernels), ("both", each)]:
                told = f"mean {mean(values) / MEGA:.0f} MB, most {max(values) / MEGA:.0f} MB"
                rows.append((f"a student's {name}", told))
            rows.append(("students for each GB", f"{1e9 / mean(each):.1f}"))
        head = f"{len(self.taken)} of {len(self.students)} students, memory as PSS"
        return "\n".join([head, *(f"  {name:26} {value}" for name, value in rows)])


@pytest.fixture(scope="module")
def day(request):
    try:
        with machine.hub() as hub:
            held = Day(hub, request.config.getoption("students"))
            asyncio.run(held.hold())
    except Failed as failure:
        pytest.exit(str(failure), returncode=1)
    print(f"\n{held}")
    return held


def none(wrong):
    """Fail with these sentences, if there are any."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_every_server_comes_up(day):
    wrong = day.faults("come")
    none(wrong + day.errors if wrong else [])


def test_every_chapter_runs_to_its_end(day):
    none(day.faults("open", "run"))


def test_what_comes_is_what_is_stored(day):
    ran = [student for student in day.students if student.ran]
    none([f"{student}: {what}" for student in ran for what in student.different()])


def test_every_slider_brings_a_new_picture(day):
    none(day.faults("slide"))


def test_every_kernel_is_still_there_at_the_end(day):
    none(day.faults("stay"))


def test_a_student_takes_no_more_memory_than_is_said(day):
    if len(day.students) < 20:
        pytest.skip("so few students share less of their memory than twenty")
    totals = day.totals()
    each = mean(totals.values()) / MEGA
    none([f"a student takes {each:.0f} MB on average, and {MEAN} is the most"] * (each > MEAN))
    many = {student: taken for student, taken in totals.items() if taken > MOST * MEGA}
    none([f"{student} takes {taken / MEGA:.0f} MB" for student, taken in many.items()])


def test_the_instructors_page_shows_the_configuration_that_is_tried(day):
    _, _, shown = machine.CONFIG.read_text(encoding="utf-8").partition("\n")  # but ruff's comment
    page = notebooks.read(notebooks.ROOT / "notebooks" / "instructor.ipynb")
    assert any(f"```python\n{shown.strip()}\n```" in cell.source for cell in page.cells)
