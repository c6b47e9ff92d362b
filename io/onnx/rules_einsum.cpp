// Einsum: operands are joined one after the other, each join a matrix product of the axes that they
// share.
#include <algorithm>
#include <cctype>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

// A value whose axes have letters.
struct Lettered {
  int id;
  std::string letters;
};

bool has(const std::string& letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

// The value with its axes in this order.
int ordered(ImportContext& c, const Lettered& x, const std::string& letters) {
  std::vector<int> order;
  for (const char letter : letters) order.push_back(static_cast<int>(x.letters.find(letter)));
  if (letters == x.letters) return x.id;
  return c.add(transpose_op, {x.id}, TransposeAttributes{.order = order});
}

// Summed over the letters that nobody else has.
Lettered without(ImportContext& c, const Lettered& x, const std::string& wanted) {
  AxesAttributes a{.axes = {}, .keep = false};
  std::string left;
  for (std::size_t i = 0; i < x.letters.size(); ++i) {
    if (has(wanted, x.letters[i]))
      left += x.letters[i];
    else
      a.axes.push_back(static_cast<int>(i));
  }
  return a.axes.empty() ? x : Lettered{c.add(sum_op, {x.id}, a), left};
}

std::int64_t size_of(ImportContext& c, const Lettered& x, char letter) {
  return c.shape(x.id)[static_cast<int>(x.letters.find(letter))];
}

// a and b over their common letters; those that are not wanted are summed.
Lettered joined(ImportContext& c, const Lettered& a, const Lettered& b, const std::string& wanted) {
  std::string batch, depth, rows, columns;
  for (const char letter : a.letters)
    (!has(b.letters, letter) ? rows : has(wanted, letter) ? batch : depth) += letter;
  for (const char letter : b.letters)
    if (!has(a.letters, letter)) columns += letter;
  std::vector<std::int64_t> sizes;
  const auto product = [&](const Lettered& of, const std::string& letters) {
    std::int64_t all = 1;
    for (const char letter : letters) all *= size_of(c, of, letter);
    return all;
  };
  for (const char letter : batch + depth)
    if (size_of(c, a, letter) != size_of(c, b, letter))
      c.refuse(std::string("sizes of ") + letter + " that differ");
  const std::int64_t n = product(a, batch), m = product(a, rows), k = product(a, depth),
                     l = product(b, columns);
  for (const char letter : batch + rows) sizes.push_back(size_of(c, a, letter));
  for (const char letter : columns) sizes.push_back(size_of(c, b, letter));
  const int left = ordered(c, a, batch + rows + depth),
            right = ordered(c, b, batch + depth + columns);
  int out = -1;
  if (c.type(a.id) == DType::f32) {
    out = c.add(matmul_op, {c.reshape(left, Shape{n, m, k}), c.reshape(right, Shape{n, k, l})});
  } else {
    const int all = c.add(
        multiply_op, {c.reshape(left, Shape{n, m, k, 1}), c.reshape(right, Shape{n, 1, k, l})});
    out = c.add(sum_op, {all}, AxesAttributes{.axes = {2}, .keep = false});
  }
  return {c.reshape(out, sizes), batch + rows + columns};
}

struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

Equation equation_of(ImportContext& c) {
  std::string text = c.text("equation", "");
  std::erase(text, ' ');
  const std::size_t arrow = text.find("->");
  Equation e;
  std::string letters;  // sorted; those that stand once make the result when there is no arrow
  for (std::size_t i = 0; i <= std::min(arrow, text.size()); ++i) {
    if (i == 0 || text[i - 1] == ',') e.operands.emplace_back();
    if (i == std::min(arrow, text.size())) break;
    if (text[i] == ',') continue;
    if (std::isalpha(static_cast<unsigned char>(text[i])) == 0) c.refuse("equation " + text);
    if (has(e.operands.back(), text[i])) c.refuse("a diagonal in " + text);
    e.operands.back() += text[i];
    letters += text[i];
  }
  if (arrow != std::string::npos) {
    e.result = text.substr(arrow + 2);
  } else {
    std::ranges::sort(letters);
    for (const char letter : letters)
      if (std::ranges::count(letters, letter) == 1) e.result += letter;
  }
  for (const char letter : e.result)
    if (!has(letters, letter) || std::ranges::count(e.result, letter) > 1)
      c.refuse("equation " + text);
  return e;
}

void import_einsum(ImportContext& c) {
  const Equation e = equation_of(c);
  if (e.operands.size() != c.operands()) c.refuse("an equation for another count of operands");
  Lettered all{-1, {}};
  for (std::size_t i = 0; i < e.operands.size(); ++i) {
    Lettered next{c.operand(i), e.operands[i]};
    if (c.shape(next.id).rank() != static_cast<int>(next.letters.size()))
      c.refuse("letters " + next.letters + " of " + c.shape(next.id).text());
    std::string later = e.result;
    for (std::size_t j = i + 1; j < e.operands.size(); ++j) later += e.operands[j];
    next = without(c, next, later + all.letters);
    all = i == 0 ? without(c, next, later) : joined(c, all, next, later);
  }
  all = without(c, all, e.result);
  c.set(0, ordered(c, all, e.result));
}

constexpr OnnxRule rules[] = {{"Einsum", import_einsum}};

}  // namespace

std::span<const OnnxRule> onnx_rules_einsum() { return rules; }

}  // namespace burin
