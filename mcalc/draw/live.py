"""What live elements do to their page: keys that stay theirs, names, and replies that are heard."""

from __future__ import annotations

# JupyterLab takes keys such as b and d d for the notebook wherever the focus is, unless the element
# that has it has this attribute. Keys that go with Ctrl, Alt or Cmd, and Shift+Enter, are left
# to it. The handle of a slider has no name of its own: it is that of the box beside it. A reply is
# heard if it comes into a place that has its role before it. What scrolls is reached by keys.
_SCRIPT = (
    "if(!window.mcalcLive){"
    "const all=(s,f)=>document.querySelectorAll(s).forEach(f);"
    "window.mcalcLive=()=>{"
    "all('.mcalc-explorer .noUi-handle',h=>{"
    "const box=h.closest('.widget-hbox:has(label)'),of=box&&box.querySelector('label');"
    "if(of)h.setAttribute('aria-label',of.textContent)});"
    "all('.mcalc-reply .widget-html-content',r=>r.setAttribute('role','status'));"
    "all('.mcalc-message .widget-html-content',r=>r.setAttribute('role','alert'));"
    "all('.mcalc-view .widget-html-content',v=>{"
    "if(v.scrollWidth<=v.clientWidth)return v.removeAttribute('tabindex');"
    "v.tabIndex=0;v.setAttribute('role','group');v.setAttribute('aria-label','Picture')})};"
    "window.addEventListener('keydown',e=>{const at=e.target;"
    "if(at.closest&&at.closest('.mcalc-explorer,.mcalc-exercise'))"
    "at.toggleAttribute('data-lm-suppress-shortcuts',"
    "!(e.ctrlKey||e.altKey||e.metaKey||(e.key==='Enter'&&e.shiftKey)))},true);"
    "window.addEventListener('focusin',()=>window.mcalcLive(),true);"
    "window.addEventListener('resize',()=>window.mcalcLive())}"
    "setTimeout(()=>window.mcalcLive(),500);this.remove()"
)


def head(css: str) -> str:
    """HTML that brings a style and the script; the one element to run it is an image of nothing."""
    return f'<style>{css}</style><img src="data:," alt="" hidden onerror="{_SCRIPT}">'
