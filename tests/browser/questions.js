// What questions.py asks of an open page. One expression: an object of functions.
(() => {
  const CLICKABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  // What says something else for every lead: of these attributes only the presence counts.
  const SAID = new Set([
    "alt", "aria-label", "content", "datetime", "href", "title", "value",
    "cx", "cy", "d", "height", "points", "transform", "viewBox", "width",
    "x", "x1", "x2", "y", "y1", "y2",
  ]);

  const all = (selector = "*") => [...document.querySelectorAll(selector)];
  const place = (element) => all().indexOf(element);
  const name = (element) => {
    const text = (element.textContent || element.getAttribute("name") || "").trim();
    const classes = element.getAttribute("class") ?? "";
    return `<${element.localName} class="${classes}"> ${text.slice(0, 40)}`;
  };
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const clickable = () => all(CLICKABLE).filter((found) => isShown(found) && !found.disabled);

  const textNodes = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    return found;
  };

  const isInSentence = (element) =>
    getComputedStyle(element).display === "inline" &&
    [...element.parentElement.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && /\p{L}{2}/u.test(node.data));

  // The label of a field is a target of its own, and the larger one.
  const target = (element) => {
    const boxes = [element, ...(element.labels ?? [])].map((one) => one.getBoundingClientRect());
    const size = (box) => Math.min(box.width, box.height);
    return boxes.reduce((one, other) => (size(other) > size(one) ? other : one));
  };

  // A colour in any of CSS's notations as red, green, blue and opacity, 0 to 255.
  const painted = (colour) => {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => colour.slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (...colours) => {
    const [dark, light] = colours.map(luminance).sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    for (let around = element; around; around = around.parentElement) {
      const colour = painted(getComputedStyle(around).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const ring = (element) => {
    const { outlineStyle, outlineWidth, outlineColor, outlineOffset } = getComputedStyle(element);
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) return 0;
    const isInside = parseFloat(outlineOffset) < 0;
    return contrast(painted(outlineColor), behind(isInside ? element : element.parentElement));
  };
  const isCovered = (element) => {
    const [box] = element.getClientRects();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !(top && (element.contains(top) || top.contains(element)));
  };

  return {
    ground: () => luminance(behind(document.body)),

    stickingOut: () => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const wide = all("body *").filter(
        (element) => element.getBoundingClientRect().right > clientWidth + 0.5);
      return [`${scrollWidth} > ${clientWidth}`, ...wide.map(name)];
    },

    // Texts of some length in a column so narrow that hardly a word fits: a layout fallen to bits.
    squeezed: () => {
      const range = document.createRange();
      return textNodes().filter((node) => {
        range.selectNodeContents(node);
        const { width, height } = range.getBoundingClientRect();
        const letters = node.data.trim().replace(/\p{M}/gu, "");
        return letters.length > 8 && height > 0 && width < 48 && width > 1;
      }).map((node) => node.data.trim().slice(0, 40));
    },

    smallTargets: (least) =>
      clickable()
        .map((element) => ({ element, box: target(element) }))
        .filter(({ box }) => Math.min(box.width, box.height) < least - 0.01)
        .filter(({ element }) => !isInSentence(element))
        .map(({ element, box }) =>
          `${box.width.toFixed(1)} x ${box.height.toFixed(1)}: ${name(element)}`),

    clickables: () => clickable().map((element) => [place(element), name(element)]),

    stop: async () => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      // What has the focus is scrolled to, and that may take some frames.
      for (let frames = 0; frames < 30 && isCovered(element); frames += 1) {
        await new Promise(requestAnimationFrame);
      }
      return {
        place: place(element),
        name: name(element),
        ring: ring(element),
        covered: isCovered(element),
      };
    },

    reordered: () =>
      all("body *").filter((element) => {
        const { order, flexDirection, flexWrap } = getComputedStyle(element);
        return order !== "0" || flexDirection.endsWith("-reverse") ||
          flexWrap === "wrap-reverse" || element.tabIndex > 0;
      }).map(name),

    headings: () => all("h1, h2, h3, h4, h5, h6").filter(isShown).map(
      (heading) => [Number(heading.localName[1]), heading.textContent.trim()]),

    hiddenParts: () => all("details > :not(summary)").filter(
      (part) => !isShown(part) || part.getBoundingClientRect().height === 0).map(name),

    active: () => {
      const handlers = all().flatMap((element) =>
        element.getAttributeNames().filter((attribute) => attribute.startsWith("on"))
          .map((attribute) => `${attribute} of ${name(element)}`));
      const links = all("[href], [src], [action], [formaction]").filter((element) =>
        ["href", "src", "action", "formaction"].some((attribute) =>
          /^\s*(javascript|data|vbscript):/i.test(element.getAttribute(attribute) ?? "")));
      return [...all("script, iframe, object, embed, base").map(name), ...handlers,
        ...links.map(name)];
    },

    skeleton: () => {
      const depth = (element) => (element.parentElement ? 1 + depth(element.parentElement) : 0);
      // Which option is chosen depends on the address alone, which is not told, either.
      const isTold = ({ name }) => name !== "selected";
      const told = ({ name, value }) => (SAID.has(name) ? name : `${name}=${value}`);
      return all().map((element) =>
        " ".repeat(depth(element)) +
        [element.localName, ...[...element.attributes].filter(isTold).map(told).sort()].join(" "));
    },

    texts: (pattern) =>
      textNodes().filter((node) => new RegExp(pattern, "u").test(node.data)).map((node) => {
        const parent = node.parentElement;
        const isAlone = [...parent.childNodes].every(
          (other) => other === node || !other.textContent.trim());
        const keepsToItself = /isolate|plaintext/.test(getComputedStyle(parent).unicodeBidi) ||
          parent.localName === "option" || parent.closest("svg") !== null;
        return { text: node.data, at: name(parent), isolated: isAlone && keepsToItself };
      }),
  };
})()
