"""Limits: how far the analysis, the repairs and the processes go, each with its reason.

What the evaluation gives up for one of these is reported in one line on standard error.
"""

from __future__ import annotations

# -- Reading files

WALKED_FILES = 50_000
"""Files that are walked through below a directory that nothing marks as a project, such as a home directory or a
disk."""

WALKED_DIRECTORIES = 100_000
"""Directories in the same walk; an enormous tree without a project is refused."""

FILE_BYTES = 50_000_000
"""Bytes of a file of the project: a syntax tree takes a hundred times the memory of its source, and a sparse file may
claim any size."""

SOURCE_IN_MEMORY = 64_000_000
"""Bytes of files that stay in memory, because every search through the tree needs them again."""

MARKED_FILES = 200
"""Files with findings of which a process that lives keeps where `noqa` and functions stand: they are parsed for it."""

EXTERNAL_NAME = 200
"""Characters of what stands for a value from outside the project: a loop may go on from one attribute to the next."""

SAME_STEPS = 2
"""Times that an attribute stands in the name of what stands for a value from outside the project: a function that calls
itself with `node.parent` goes round. Real code names one twice (`path.parent.parent`)."""

IGNORE_FILES = 1000
"""Contents of `.gitignore` files whose patterns are kept."""

NAMES_ONE_BY_ONE = 40
"""Names up to which looking for each is quicker than splitting a file into its words."""

DOTTED_NAME = 200
"""Bytes around a dot that are looked at: a dotted name is not longer, and long lines of data cost too much."""

SYNTAX_LEVELS = 2500
"""Syntax in one another: `a + b + …`, `a.b().c()…`, `elif` included. Some versions of Python stop at 3,000, others do
not; what is reported does not depend on that."""

QUOTED_CHARACTERS = 40
"""Characters of a line that a reason for QSC900 quotes."""

SCANNED_ROW = 1000
"""Characters of a row that are looked through for syntax of a newer Python."""

VISITOR_CALLS = 1000
"""Calls of Python that the nesting of one file may take in the visitor."""

BEFORE_STRING = 80
"""Characters before a string that say what the string is."""

OPEN_BRACKETS = 180
"""Brackets open at once. CPython itself refuses 200; beyond that libcst's recursion is at risk."""

PREFIXES = 1000
"""`lambda: lambda: …` or `not not …`: expressions inside one another without brackets; libcst recurses for each."""

EXPRESSION_DEPTH = 1000
"""Expressions in one another, `a + b + …` and `a.b().c()…` included: beyond that libcst's parser takes minutes."""

SOURCE_WITH_TREES = 150_000
"""Bytes of source whose libcst trees are kept: the repairs of a function look at a few files again and again. A tree
takes some 300 times the memory of its source."""

# -- Type oracles

ORACLE_ROUNDS = 3
"""How often an oracle is asked: what it says of one expression may lead to others that are open, such as the uses of
what turns out to be cached. Each time costs a run of the type checker."""

ORACLE_SECONDS = 900
"""Seconds that one check of an oracle may take. Wagtail's 649 modules take mypy 11 seconds on an idle machine; a
hundred times that means that something waits for an answer, such as settings for a database."""

# -- Evaluation: work

QUESTION_DEPTH = 60
"""Questions inside one another. Real code needs about 20. What is asked deeper is answered first; a ring that is deeper
is given up."""

QUESTION_CALLS = 5000
"""Calls of Python inside one another for one outermost question: a question takes some twenty, so that what is cut does
not depend on how deep the stack of the process is already."""

QUESTION_STEPS = 10_000
"""Steps spent on one outermost question; beyond it the answer is Unknown."""

COMPONENT_STEPS = 2_000_000
"""Steps spent on one component, each a question answered once. The largest projects measured take 310,000; a
tree of libraries that all import one another has no end."""

CYCLE_ROUNDS = 4
"""Iterations of one cycle of questions; values only grow, and real cycles settle in two."""

ACTIVATIONS = 500
"""Different activations of one function; further ones are simplified. The `filter` of a QuerySet class from which all
others of a project derive has thousands: one for each place that builds what it is called on."""

SIMPLIFIED_ACTIVATIONS = 500
"""Different activations of one function that are simplified; the results of further ones are evaluated without their
arguments."""

FRAME_DEPTH = 8
"""Activations around an activation: functions handed on and on, and containers in containers."""

DECORATOR_LAYERS = 40
"""Memoizers around one another, and activations of decorators."""

FILES_WITH_CALLERS = 40
"""Files that are looked through for the callers of one function, because each has to be read; with more of them, its
parameters are unknown."""

CALLERS = 200
"""Functions and classes that are followed from a function up to what runs it, the nearest first."""

TERMS_OF_HELPER = 50
"""Terms that are searched for a parameter in the value that a helper stores or returns."""

STARRED_ARGUMENTS = 4
"""Arguments of `*args` that are tried as a QuerySet, to see whether a function hands them on to a serializer."""

STARRED_CONSTANTS = 6
"""Arguments of `*args` or `**kwargs` up to which constants among them are told apart. Functions that hand these on and
add one of two constants make twice as many activations at each step; with 6, no more than 64 of one function."""

MODELS_BY_NAME = 40
"""Models that one call may find by its names; a loop over the models of an app has a dozen."""

LOOKUP_CONDITIONS = 20
"""Conditions of one `filter()` whose lookups are read."""

FILES_OF_FAMILY = 6
"""Files that may define a method before its name says too little about the class."""

ANCESTORS = 200
"""Ancestors that a class is followed through; real ones have a few dozen."""

SUBCLASSES = 60
"""Subclasses of a class whose members count as those of `self`."""

TERMS_OF_PLACE = 200
"""Terms that a place (`self._rows`) is followed through; real ones need a dozen."""

TERMS_OF_MEMOIZER = 200
"""Terms that a value is followed through in a home-made memoizer; real ones need a dozen."""

HELPERS_DEEP = 4
"""Helpers of a home-made memoizer that call one another; real ones have two: `store()` calls `get_request()`."""

HELPERS = 60
"""Calls of a home-made memoizer and its helpers that are looked into; real ones have a dozen."""

TEXT_PARTS = 16
"""Parts of a text that are told apart; real cache keys have up to ten. A function that calls itself with
`f"{prefix}{name}__"` would have an activation for each length."""

TERMS_OF_KEY = 200
"""Terms that a cache key is put together of; real ones have a dozen."""

KEY_VARIANTS = 32
"""Texts that one key is taken for: each of its numbers and choices multiplies them, and beyond that may be anything."""

CALLS_OF_WRITER = 200
"""Calls that are looked at for the key that a helper is given, and places with the text of a key."""

# -- Evaluation: size of values

CONTAINER_VARIANTS = 8
"""Containers of one kind in a value; more of them become one that may hold what any of them does, since each branch of
the code doubles them."""

OUTSIDE_ATOMS = 64
"""Constants and things outside the project in a value."""

PROJECT_ATOMS = 256
"""QuerySets and other things of the project in a value."""

TRAIL_HOPS = 8
"""Steps of a trail; longer ones keep their first steps."""

CONTAINER_MEMBERS = 40
"""Members of a container that are told apart; of a larger one those count that may be a QuerySet or a function."""

# -- Templates

TEMPLATE_CHARACTERS = 500_000
"""Characters of a template; a longer one is generated, and is not read."""

TAG_CHARACTERS = 10_000
"""Characters of one tag of a template: its words are told by patterns that search to its end again and again."""

TEMPLATE_DEPTH = 100
"""Tags in one another; real templates have a dozen. Django itself recurses for each."""

INCLUDED_TEMPLATES = 50
"""Templates that one template may include or extend."""

RENDERED_TEMPLATES = 400
"""Templates that are gone through for one context, each as often as it is included: two that include each other in
several places double them at each step."""

TEMPLATES_OF_NAME = 6
"""Templates of one name that are compared; with more of them, none is looked at."""

CONTEXT_TERMS = 2000
"""Terms that a context is followed through; real ones need some dozens."""

# -- Repairs

REPAIR_ROUNDS = 20
"""Rounds of repairs in one `fix`: each is analysed anew."""

FILES_WITH_NAME = 200
"""Files that mention the name of a cached function; one that is more common is not followed."""

SETTINGS_FILE = 1_000_000
"""Bytes of a settings file; a longer one holds data, and is not read."""

MENTION = 200
"""Bytes around a name that are looked at: no dotted name is longer, and long lines of data cost too much."""

SHOWN_REASONS = 3
"""Kinds of reasons that the text of a fix names: more of them are too long to read at a terminal."""

READING_DEPTH = 4
"""Functions inside one another that a value is followed into."""

BUILDER_DEPTH = 3
"""Functions inside one another that the body of a builder is followed into."""


# -- Reveal

DESCRIBED_MEMBERS = 4
"""Members of a container that are described."""

DESCRIBED_DEPTH = 3
"""Values inside one another that are described."""

REASON_STEPS = 10
"""Steps back to where a value becomes unknown."""

# -- Disk cache

PARSE_CHECKS = 100_000
"""Files named on the command line of which the answers are kept."""

CACHED_VERSIONS = 3
"""Versions of the tool whose entries are kept."""

UNUSED_COMPONENTS = 10
"""Directories of components that the last run did not have, and that are kept all the same."""

ENTRY_BYTES = 1_000_000_000
"""Bytes of one entry; the answers of an analysis of 44,000 files take a tenth."""

ANSWERS_KEPT_ANEW = 8
"""Answers of earlier runs for one that an edit makes anew, up to which writing all of them again pays."""

WRITTEN_PARTS = 30_000_000
"""Parts of all answers of an analysis when each is written by itself, some 200 MB: values share parts at every level,
and in one project of 640 files 400 MB of memory came to 10**14 parts."""

UNUSED_ENTRIES = 500
"""Entries beyond those of the last run that are kept, for a branch that is checked out again."""

TEMPORARY_NANOSECONDS = 3_600_000_000_000
"""Age (one hour) at which a temporary file is one that a killed process has left."""

SETTLED_NANOSECONDS = 2_000_000_000
"""Age at which the times of a file say that it has not changed since: file systems have coarse clocks."""

SCOUTED_AT_ONCE = 2000
"""Files whose bytes are in memory while they are scouted."""

# -- Reports

SARIF_RESULTS = 25_000
"""Results in one run that GitHub's code scanning takes; it refuses a file with more."""

SARIF_BYTES = 10_000_000
"""Bytes of a compressed file that it takes."""

SARIF_STEPS = 1_000
"""Steps of one code flow that it keeps."""

# -- Processes

CHUNK_BYTES = 60_000
"""Bytes in a chunk that a worker gets: a tenth of a second's work."""

PARALLEL_BYTES = 200_000
"""Bytes from which a worker pool is started: below, starting takes as long as the work."""

POOL_STARTS = 3
"""Times that a worker pool is started; after that many lost workers, the work is done in this process."""

POOL_SECONDS = 5.0
"""Seconds without an answer after which the pool looks whether all workers are alive."""

SCHEDULER_SECONDS = 15
"""Seconds to wait for a Dask scheduler."""

PARALLEL_FILES = 200
"""Files in components from which each component gets a process of its own."""

PATTERN_CHOICES = 1000
"""Shell patterns that the braces of one pattern for files may stand for: `{a,b}` once more doubles them."""
