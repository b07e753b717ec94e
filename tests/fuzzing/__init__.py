"""A fuzzer of whole runs: mutated templates, and an oracle that rests on nothing of the code under test.

``words`` and ``growth`` make templates, ``rendering`` writes data as YAML or JSON in a random style, ``text_kind``,
``node_kind`` and ``policy_kind`` mutate, ``reading`` and ``deployed`` read and deploy without the tool's code, ``oracle``
judges a run, ``trial`` is one execution, and ``shrinking`` makes a finding small.
"""
