// The linear maps of Winograd convolution along one axis, F(m, r): m outputs of r taps from m + r - 1
// inputs with as many products, in place of m r (Lavin and Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2016). Maps compose axis by axis, so a 2-D kernel applies one along rows, then
// one along columns:
//
//   y = At [ (G g) . (Bt d) ]            input() = Bt, kernel() = G, output() = At
//   dg = Gt [ (Bt d) . (A dy) ]          gradient() = A, kernel_gradient() = Gt
//
// Everything works on registers of V: one channel a lane. constexpr, for the matrices of
// winograd_depth.h.
#pragma once

namespace burin::kernels {
namespace {

// Points 0, a, -a, b, -b, infinity with a = 5/8, b = 3/2. 2-D: 36 products for 16 outputs of 9
// taps, 4 times fewer. Of all pairs tried these keep the numbers most even: relative L2 error 6e-7
// for 64 channels and 2.8e-6 for 1024, less than half of that of the usual 1 and 2; squares and
// cubes are exact in binary.
struct WinogradF43 {
  static constexpr int m = 4, taps = 3;
  static constexpr int points = 6;

  static constexpr float a = 0.625f, b = 1.5f, a2 = a * a, b2 = b * b;
  // 1 / product of the distances to the other finite points
  static constexpr float scale_0 = 1 / (a2 * b2);
  static constexpr float scale_a = 1 / (2 * a2 * (a2 - b2));
  static constexpr float scale_b = 1 / (2 * b2 * (b2 - a2));

  template <class V>
  [[gnu::always_inline]] static constexpr void input(const typename V::reg (&d)[6],
                                                     typename V::reg (&t)[6]) noexcept {
    const auto product = V::set(a2 * b2), sum = V::set(-(a2 + b2));
    const auto even_a = V::mac(V::set(-b2), d[2], d[4]), odd_a = V::mac(V::set(-b2), d[1], d[3]);
    const auto even_b = V::mac(V::set(-a2), d[2], d[4]), odd_b = V::mac(V::set(-a2), d[1], d[3]);
    t[0] = V::mac(product, d[0], V::mac(sum, d[2], d[4]));
    t[1] = V::mac(V::set(a), odd_a, even_a);
    t[2] = V::mac(V::set(-a), odd_a, even_a);
    t[3] = V::mac(V::set(b), odd_b, even_b);
    t[4] = V::mac(V::set(-b), odd_b, even_b);
    t[5] = V::mac(product, d[1], V::mac(sum, d[3], d[5]));
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void output(const typename V::reg (&p)[6],
                                                      typename V::reg (&y)[4]) noexcept {
    const auto s1 = V::add(p[1], p[2]), d1 = V::sub(p[1], p[2]);
    const auto s2 = V::add(p[3], p[4]), d2 = V::sub(p[3], p[4]);
    y[0] = V::add(V::add(p[0], s1), s2);
    y[1] = V::mac(V::set(b), d2, V::mul(V::set(a), d1));
    y[2] = V::mac(V::set(b2), s2, V::mul(V::set(a2), s1));
    y[3] = V::mac(V::set(b * b2), d2, V::mac(V::set(a * a2), d1, p[5]));
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void kernel(const typename V::reg (&g)[3],
                                                      typename V::reg (&u)[6]) noexcept {
    const auto even_a = V::mul(V::set(scale_a), V::mac(V::set(a2), g[2], g[0]));
    const auto even_b = V::mul(V::set(scale_b), V::mac(V::set(b2), g[2], g[0]));
    u[0] = V::mul(V::set(scale_0), g[0]);
    u[1] = V::mac(V::set(a * scale_a), g[1], even_a);
    u[2] = V::mac(V::set(-a * scale_a), g[1], even_a);
    u[3] = V::mac(V::set(b * scale_b), g[1], even_b);
    u[4] = V::mac(V::set(-b * scale_b), g[1], even_b);
    u[5] = g[2];
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void gradient(const typename V::reg (&dy)[4],
                                                        typename V::reg (&w)[6]) noexcept {
    const auto even_a = V::mac(V::set(a2), dy[2], dy[0]), odd_a = V::mac(V::set(a2), dy[3], dy[1]);
    const auto even_b = V::mac(V::set(b2), dy[2], dy[0]), odd_b = V::mac(V::set(b2), dy[3], dy[1]);
    w[0] = dy[0];
    w[1] = V::mac(V::set(a), odd_a, even_a);
    w[2] = V::mac(V::set(-a), odd_a, even_a);
    w[3] = V::mac(V::set(b), odd_b, even_b);
    w[4] = V::mac(V::set(-b), odd_b, even_b);
    w[5] = dy[3];
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void kernel_gradient(const typename V::reg (&u)[6],
                                                               typename V::reg (&g)[3]) noexcept {
    const auto s1 = V::mul(V::set(scale_a), V::add(u[1], u[2]));
    const auto d1 = V::mul(V::set(scale_a), V::sub(u[1], u[2]));
    const auto s2 = V::mul(V::set(scale_b), V::add(u[3], u[4]));
    const auto d2 = V::mul(V::set(scale_b), V::sub(u[3], u[4]));
    g[0] = V::mac(V::set(scale_0), u[0], V::add(s1, s2));
    g[1] = V::mac(V::set(b), d2, V::mul(V::set(a), d1));
    g[2] = V::mac(V::set(b2), s2, V::mac(V::set(a2), s1, u[5]));
  }
};

// Points 0, 1, -1, infinity. 2-D: 16 products for 4 outputs of 9 taps, 2.25 times fewer. As exact
// as the direct form.
struct WinogradF23 {
  static constexpr int m = 2, taps = 3;
  static constexpr int points = 4;

  template <class V>
  [[gnu::always_inline]] static constexpr void input(const typename V::reg (&d)[4],
                                                     typename V::reg (&t)[4]) noexcept {
    t[0] = V::sub(d[0], d[2]);
    t[1] = V::add(d[1], d[2]);
    t[2] = V::sub(d[2], d[1]);
    t[3] = V::sub(d[3], d[1]);
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void output(const typename V::reg (&p)[4],
                                                      typename V::reg (&y)[2]) noexcept {
    y[0] = V::add(p[0], V::add(p[1], p[2]));
    y[1] = V::add(V::sub(p[1], p[2]), p[3]);
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void kernel(const typename V::reg (&g)[3],
                                                      typename V::reg (&u)[4]) noexcept {
    const auto half = V::set(0.5f);
    const auto even = V::mul(half, V::add(g[0], g[2])), odd = V::mul(half, g[1]);
    u[0] = g[0];
    u[1] = V::add(even, odd);
    u[2] = V::sub(even, odd);
    u[3] = g[2];
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void gradient(const typename V::reg (&dy)[2],
                                                        typename V::reg (&w)[4]) noexcept {
    w[0] = dy[0];
    w[1] = V::add(dy[0], dy[1]);
    w[2] = V::sub(dy[0], dy[1]);
    w[3] = dy[1];
  }

  template <class V>
  [[gnu::always_inline]] static constexpr void kernel_gradient(const typename V::reg (&u)[4],
                                                               typename V::reg (&g)[3]) noexcept {
    const auto half = V::set(0.5f);
    const auto sum = V::mul(half, V::add(u[1], u[2]));
    g[0] = V::add(u[0], sum);
    g[1] = V::mul(half, V::sub(u[1], u[2]));
    g[2] = V::add(sum, u[3]);
  }
};

// F(2,3) transposed, F(3,2): 3 outputs of 2 taps. 2-D: 16 products for 9 outputs of 4 taps, 2.25
// times fewer.
struct WinogradF32 {
  static constexpr int m = 3, taps = 2;
  static constexpr int points = 4;

  template <class V>
  [[gnu::always_inline]] static constexpr void input(const typename V::reg (&d)[4],
                                                     typename V::reg (&t)[4]) noexcept {
    WinogradF23::input<V>(d, t);
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void output(const typename V::reg (&p)[4],
                                                      typename V::reg (&y)[3]) noexcept {
    WinogradF23::kernel_gradient<V>(p, y);
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void kernel(const typename V::reg (&g)[2],
                                                      typename V::reg (&u)[4]) noexcept {
    WinogradF23::gradient<V>(g, u);
  }
};

// Points 0, 1, infinity. 2-D: 9 products for 4 outputs of 4 taps, 1.78 times fewer.
struct WinogradF22 {
  static constexpr int m = 2, taps = 2;
  static constexpr int points = 3;

  template <class V>
  [[gnu::always_inline]] static constexpr void input(const typename V::reg (&d)[3],
                                                     typename V::reg (&t)[3]) noexcept {
    t[0] = V::sub(d[0], d[1]);
    t[1] = d[1];
    t[2] = V::sub(d[2], d[1]);
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void output(const typename V::reg (&p)[3],
                                                      typename V::reg (&y)[2]) noexcept {
    y[0] = V::add(p[0], p[1]);
    y[1] = V::add(p[1], p[2]);
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void kernel(const typename V::reg (&g)[2],
                                                      typename V::reg (&u)[3]) noexcept {
    u[0] = g[0];
    u[1] = V::add(g[0], g[1]);
    u[2] = g[1];
  }
};

// F(1,1): an axis along which the kernel has one point.
struct WinogradF11 {
  static constexpr int m = 1, taps = 1;
  static constexpr int points = 1;

  template <class V>
  [[gnu::always_inline]] static constexpr void input(const typename V::reg (&d)[1],
                                                     typename V::reg (&t)[1]) noexcept {
    t[0] = d[0];
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void output(const typename V::reg (&p)[1],
                                                      typename V::reg (&y)[1]) noexcept {
    y[0] = p[0];
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void kernel(const typename V::reg (&g)[1],
                                                      typename V::reg (&u)[1]) noexcept {
    u[0] = g[0];
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void gradient(const typename V::reg (&dy)[1],
                                                        typename V::reg (&w)[1]) noexcept {
    w[0] = dy[0];
  }
  template <class V>
  [[gnu::always_inline]] static constexpr void kernel_gradient(const typename V::reg (&u)[1],
                                                               typename V::reg (&g)[1]) noexcept {
    g[0] = u[0];
  }
};

}  // namespace
}  // namespace burin::kernels
