"""Measures PyTorch, transformers and PEFT on the processor, at the shapes that "licet bench lm" has.

    make bin/golden/.installed
    bin/golden/bin/python bench/lm_peers.py [--short] > peers.jsonl
    licet bench lm --peers peers.jsonl

The same as there: weights are random, float32; training is an adapter of rank 8 on the seven linear
maps of each layer through PEFT, with AdamW, on two threads; writing is greedy, with the cache of keys
and values that transformers has, on one. Each line is JSON: the best of several runs, in tokens
a second, and in tokens for each second of a processor, which says more where others work, too.
"""

import os

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import argparse
import json
import logging
import resource
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import peft
import torch
import transformers

# name: configuration, rows and tokens a row of a training step.
SHAPES = {
    "1.1M": (dict(vocab_size=2000, hidden_size=128, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, intermediate_size=352), 8, 128, True),
    "5.3M": (dict(vocab_size=4096, hidden_size=256, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=4, intermediate_size=704), 8, 128, False),
    "135M": (dict(vocab_size=49152, hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, intermediate_size=1536), 2, 256, True),
}
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def model_of(name):
    shape, _, _, tied = SHAPES[name]
    torch.manual_seed(1)
    config = transformers.LlamaConfig(**shape, max_position_embeddings=2048, rms_norm_eps=1e-5, tie_word_embeddings=tied)
    config.bos_token_id, config.eos_token_id, config.pad_token_id = None, None, None
    return transformers.LlamaForCausalLM(config).float()


def say(peer, measure, tokens, seconds, cpu):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps({"peer": peer, "measure": measure, "value": round(tokens / seconds, 1), "per_cpu": round(tokens / cpu, 1), "peak_mib": peak}), flush=True)


def least(runs, call):
    """The least seconds of the clock and of the processors that a call takes."""
    seconds = cpu = float("inf")
    for _ in range(runs):
        begin, used = time.perf_counter(), time.process_time()
        call()
        seconds, cpu = min(seconds, time.perf_counter() - begin), min(cpu, time.process_time() - used)
    return seconds, cpu


def train(name, steps):
    _, rows, tokens, _ = SHAPES[name]
    torch.set_num_threads(2)
    model = peft.get_peft_model(model_of(name), peft.LoraConfig(r=8, lora_alpha=16, target_modules=LINEARS, task_type="CAUSAL_LM"))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    batch = torch.randint(0, SHAPES[name][0]["vocab_size"], (rows, tokens))

    def step():
        optimizer.zero_grad()
        model(input_ids=batch, labels=batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()

    say(f"PyTorch {torch.__version__.split('+')[0]}, PEFT {peft.__version__}", f"training {name}", rows * tokens, *least(steps, step))


def write(name, runs):
    torch.set_num_threads(1)
    model = model_of(name).eval()
    prompt = torch.randint(0, SHAPES[name][0]["vocab_size"], (1, 32))

    def answer():
        out = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=128, min_new_tokens=128, do_sample=False, use_cache=True, pad_token_id=0)
        assert out.shape[1] == 160

    say(f"transformers {transformers.__version__}", f"writing {name}", 128, *least(runs, answer))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer runs")
    parser.add_argument("--shape", action="append", choices=list(SHAPES), help="only this one")
    options = parser.parse_args()
    for name in options.shape or SHAPES:
        large = name == "135M"
        train(name, (3 if large else 10) if options.short else (6 if large else 40))
        write(name, 1 if options.short else (2 if large else 4))


if __name__ == "__main__":
    main()
