"""`make bench-hearing`: how well the house hears, on voices that nobody tuned it for.

Sections, each runnable alone by name: ``recognition``, ``activity``, ``verdict``, ``intents``, ``streaming``,
``latency``.

What is spoken comes from people's recordings where these lie beside the repository (``../shared/audio``), and
everywhere from synthetic callers, whose texts are in `texts/`. Everything goes through A-law at 8 kHz. A text belongs
to one of two halves by its hash, whoever says it: thresholds are chosen on half A (``--tune``) and what is reported of
the verdict is half B alone.

What this cannot show: dialect speakers. No recording of one was at hand; Cantonese and Hakka are spoken by synthetic
voices, a robot's and a Mandarin one's. Real dialects nearer to Mandarin will be understood more often, and sometimes
wrongly.
"""
